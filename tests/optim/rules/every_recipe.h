// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "weft/recipes.h"

namespace weft::testing {

// One of each recipe of the library, with all state that it can have; a test compares the list with the headers.
inline std::vector<Recipe> every_recipe() {
  return {Adadelta{},
          Adafactor{},
          Adagrad{},
          Adam{.amsgrad = true},
          Adamax{},
          AdamW{.amsgrad = true},
          HeavyBall{},
          LAMB{},
          LARS{},
          Lion{},
          Muon{},
          NAdam{},
          RAdam{},
          RMSprop{.momentum = 0.9, .centered = true},
          ScheduleFreeAdamW{},
          SGD{.momentum = 0.9}};
}

}  // namespace weft::testing
