// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <vector>

namespace {

constexpr std::size_t kShownMistakes = 18;
const char* const kStyle = R"(<style>
.big { font-size: 2.4rem; font-weight: 600; }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem; } figure { margin: 0; text-align: center; }
.cells { border-collapse: collapse; } .cells th { color: #66727f; font-weight: 400; }
.cells td, .cells th { width: 2.4rem; height: 2rem; text-align: center; }
</style>
)";

std::string fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

std::string confusion_table(const Examination& test) {
  int most = 1;
  for (const auto& row : test.confusion) most = std::max(most, *std::max_element(row.begin(), row.end()));
  std::ostringstream out;
  out << "<table class=\"cells\"><tr><th></th>";
  for (std::size_t c = 0; c < kClasses; ++c) out << "<th>" << c << "</th>";
  out << "</tr>\n";
  for (std::size_t t = 0; t < kClasses; ++t) {
    out << "<tr><th>" << t << "</th>";
    for (std::size_t p = 0; p < kClasses; ++p) {
      const int count = test.confusion[t][p];
      // A single mistake must be seen beside a full diagonal: the root lifts small counts.
      const double shade = std::sqrt(static_cast<double>(count) / most);
      out << "<td style=\"background:rgba(" << (t == p ? "47,111,176," : "200,60,40,") << fixed(shade, 2)
          << ");color:" << (shade > 0.6 ? "#fff" : "inherit") << "\">" << (count ? std::to_string(count) : "")
          << "</td>";
    }
    out << "</tr>\n";
  }
  out << "</table>\n";
  return out.str();
}

// An image as squares of ink on white.
std::string picture(const float* pixels, std::size_t side) {
  std::ostringstream out;
  out << "<svg width=\"96\" height=\"96\" viewBox=\"0 0 " << side << ' ' << side
      << "\" shape-rendering=\"crispEdges\" style=\"border:1px solid #cfd6dd\">";
  for (std::size_t i = 0; i < side * side; ++i) {
    if (pixels[i] <= 0) continue;
    out << "<rect x=\"" << i % side << "\" y=\"" << i / side << "\" width=\"1\" height=\"1\" fill-opacity=\""
        << fixed(pixels[i], 2) << "\"/>";
  }
  out << "</svg>";
  return out.str();
}

std::string mistakes(const Examination& test, const weft::Tensor& images) {
  if (test.mistakes.empty()) return "<p>None.</p>\n";
  const std::vector<float> pixels = images.to_vector();
  const auto per_image = static_cast<std::size_t>(images.dim(1));
  const auto side = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(per_image))));
  std::ostringstream out;
  out << "<div class=\"row\">";
  for (std::size_t i = 0; i < std::min(kShownMistakes, test.mistakes.size()); ++i) {
    const Mistake& m = test.mistakes[i];
    out << "<figure>" << picture(pixels.data() + m.row * per_image, side) << "<figcaption>" << m.truth
        << ", read as <b>" << m.predicted << "</b><br><span class=\"soft\">" << fixed(100 * m.confidence, 0)
        << " % sure</span></figcaption></figure>\n";
  }
  out << "</div>\n";
  return out.str();
}

}  // namespace

std::vector<weft::callbacks::ReportSection> report_sections(const Examination& test, const weft::Tensor& images) {
  const std::string share = "<span class=\"big\">" + fixed(100 * test.accuracy, 2) + " %</span> of the test images";
  return {{"Test accuracy", kStyle + share},
          {"Confusion matrix",
           "<p class=\"soft\">Rows: what it is. Columns: what it was read as.</p>\n" + confusion_table(test)},
          {"Worst mistakes", mistakes(test, images)}};
}
