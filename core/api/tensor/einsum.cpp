// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "weft/array.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Name of an axis: a letter, or -1, -2, ... for the axes of an ellipsis, counted from the end.
using Label = int;
using Labels = std::vector<Label>;

struct Term {
  Tensor value;
  Labels labels;  // one per axis, each once
};

bool has(const Labels& labels, Label label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

class Einsum {
 public:
  Einsum(const std::string& subscripts, const std::vector<Tensor>& operands) : text_(subscripts) {
    if (operands.empty()) wrong("there are no operands");
    std::string plain;
    for (const char c : subscripts)
      if (!std::isspace(static_cast<unsigned char>(c))) plain += c;
    const std::size_t arrow = plain.find("->");
    std::vector<std::string> parts{""};
    for (const char c : plain.substr(0, arrow)) {
      if (c == ',')
        parts.emplace_back();
      else
        parts.back() += c;
    }
    if (parts.size() != operands.size())
      wrong(cat("it names ", parts.size(), " operands, ", operands.size(), " were given"));
    std::map<Label, int> uses;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Labels labels = labels_of(parts[i], operands[i].rank(), static_cast<int>(i));
      for (const Label label : labels) ++uses[label];
      terms_.push_back(with_diagonals({operands[i], labels}));
      for (std::size_t axis = 0; axis < terms_.back().labels.size(); ++axis)
        note_size(terms_.back().labels[axis], terms_.back().value.dim(static_cast<int>(axis)));
    }
    if (arrow == std::string::npos) {
      for (const auto& [label, count] : uses)
        if (count == 1 || label < 0) result_.push_back(label);  // the ellipsis first, because its labels are negative
    } else {
      result_ = labels_of(plain.substr(arrow + 2), ellipsis_, -1);
      for (const Label label : result_) {
        if (!uses.contains(label)) wrong(cat("the result's index ", name(label), " is in no operand"));
        if (std::count(result_.begin(), result_.end(), label) > 1) wrong("the result has an index twice");
      }
    }
  }

  Tensor contracted() {
    Term all = terms_[0];
    for (std::size_t i = 1; i < terms_.size(); ++i) {
      Labels wanted = result_;  // what is still needed behind this product
      for (std::size_t later = i + 1; later < terms_.size(); ++later)
        wanted.insert(wanted.end(), terms_[later].labels.begin(), terms_[later].labels.end());
      all = product(all, terms_[i], wanted);
    }
    all = summed(all, result_);
    return in_order(all, result_);
  }

 private:
  [[noreturn]] void wrong(const std::string& what) const {
    fail<ValueError>("einsum", "\"", text_, "\": ", what, "; write \"ij,jk->ik\" with an index for each axis");
  }
  static std::string name(Label label) { return label < 0 ? "..." : std::string(1, static_cast<char>(label)); }

  // The labels of one operand of this rank, or of the result (operand -1), whose rank is that of the ellipsis.
  Labels labels_of(const std::string& part, int rank, int operand) {
    Labels labels;
    const std::size_t dots = part.find("...");
    const int letters = static_cast<int>(part.size()) - (dots == std::string::npos ? 0 : 3);
    const int hidden = operand < 0 ? rank : rank - letters;
    if (operand >= 0 && (hidden < 0 || (dots == std::string::npos && hidden > 0)))
      fail<ShapeError>("einsum", "\"", text_, "\": operand ", operand, " has ", rank, " axes and ", letters,
                       " indices");
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (i == dots) {
        for (int axis = hidden; axis > 0; --axis) labels.push_back(-axis);
        i += 2;
      } else if (std::isalpha(static_cast<unsigned char>(part[i]))) {
        labels.push_back(part[i]);
      } else {
        wrong(cat("'", part[i], "' is no letter"));
      }
    }
    if (operand >= 0 && dots != std::string::npos) ellipsis_ = std::max(ellipsis_, hidden);
    return labels;
  }

  void note_size(Label label, std::int64_t size) {
    const auto [found, isnew] = sizes_.emplace(label, size);
    if (isnew || size == 1 || size == found->second) return;
    if (found->second != 1)
      fail<ShapeError>("einsum", "\"", text_, "\": index ", name(label), " has sizes ", found->second, " and ", size);
    found->second = size;
  }

  // An index that an operand has twice is its diagonal.
  Term with_diagonals(Term term) const {
    for (std::size_t i = 0; i < term.labels.size(); ++i)
      for (std::size_t j = i + 1; j < term.labels.size(); ++j) {
        if (term.labels[i] != term.labels[j]) continue;
        const std::int64_t n = term.value.dim(static_cast<int>(i));
        if (n != term.value.dim(static_cast<int>(j)))
          fail<ShapeError>("einsum", "\"", text_, "\": index ", name(term.labels[i]), " has sizes ", n, " and ",
                           term.value.dim(static_cast<int>(j)));
        Labels rest;
        std::vector<int> order;
        std::vector<std::int64_t> dims;
        for (std::size_t axis = 0; axis < term.labels.size(); ++axis) {
          if (axis == i || axis == j) continue;
          rest.push_back(term.labels[axis]);
          order.push_back(static_cast<int>(axis));
          dims.push_back(term.value.dim(static_cast<int>(axis)));
        }
        order.insert(order.end(), {static_cast<int>(i), static_cast<int>(j)});
        rest.push_back(term.labels[i]);
        dims.push_back(n * n);
        const Tensor flat = term.value.permute(order).reshape(Shape(dims));
        return with_diagonals({n == 0 ? flat : flat.slice(-1, 0, n * n, n + 1), rest});
      }
    return term;
  }

  // Summed over the axes that nobody wants.
  static Term summed(const Term& term, const Labels& wanted) {
    std::vector<int> axes;
    Labels labels;
    for (std::size_t axis = 0; axis < term.labels.size(); ++axis) {
      if (has(wanted, term.labels[axis]))
        labels.push_back(term.labels[axis]);
      else
        axes.push_back(static_cast<int>(axis));
    }
    return axes.empty() ? term : Term{term.value.sum(axes), labels};
  }

  // The value with its axes in the order of `labels`, and new axes of size 1 for those that it lacks.
  static Tensor in_order(const Term& term, const Labels& labels) {
    std::vector<int> order;
    std::vector<std::int64_t> dims;
    for (const Label label : labels) {
      const auto found = std::find(term.labels.begin(), term.labels.end(), label);
      if (found == term.labels.end()) {
        dims.push_back(1);
        continue;
      }
      order.push_back(static_cast<int>(found - term.labels.begin()));
      dims.push_back(term.value.dim(order.back()));
    }
    const bool sorted = std::is_sorted(order.begin(), order.end());
    return (sorted ? term.value : term.value.permute(order)).reshape(Shape(std::move(dims)));
  }

  std::int64_t size_of_all(const Labels& labels) const {
    std::vector<std::int64_t> dims;
    for (const Label label : labels) dims.push_back(sizes_.at(label));
    return Shape(std::move(dims)).numel();
  }

  // The value as (batch, first, second), indices of size 1 repeated where the other operand has more.
  Tensor as_matrices(const Term& term, const Labels& batch, const Labels& first, const Labels& second) const {
    Labels all = batch;
    all.insert(all.end(), first.begin(), first.end());
    all.insert(all.end(), second.begin(), second.end());
    std::vector<std::int64_t> dims;
    for (const Label label : all) dims.push_back(sizes_.at(label));
    return broadcast_to(in_order(term, all), Shape(std::move(dims)))
        .reshape({size_of_all(batch), size_of_all(first), size_of_all(second)});
  }

  Term product(const Term& left_all, const Term& right_all, const Labels& wanted) const {
    Labels needed = wanted;
    needed.insert(needed.end(), right_all.labels.begin(), right_all.labels.end());
    const Term left = summed(left_all, needed);
    needed = wanted;
    needed.insert(needed.end(), left.labels.begin(), left.labels.end());
    const Term right = summed(right_all, needed);
    Labels batch, inner, rows, columns;
    for (const Label label : left.labels) {
      if (!has(right.labels, label))
        rows.push_back(label);
      else if (has(wanted, label))
        batch.push_back(label);
      else
        inner.push_back(label);
    }
    for (const Label label : right.labels)
      if (!has(left.labels, label)) columns.push_back(label);
    Labels labels = batch;
    labels.insert(labels.end(), rows.begin(), rows.end());
    labels.insert(labels.end(), columns.begin(), columns.end());
    if (inner.empty()) return {in_order(left, labels) * in_order(right, labels), labels};
    std::vector<std::int64_t> dims;
    for (const Label label : labels) dims.push_back(sizes_.at(label));
    const Tensor a = as_matrices(left, batch, rows, inner), b = as_matrices(right, batch, columns, inner);
    // matmul() is for floating dtypes; a sum of integers is exact.
    const bool floating = is_floating(a.dtype()) || is_floating(b.dtype());
    const Tensor out = floating ? matmul(a, b, false, true) : (a.unsqueeze(2) * b.unsqueeze(1)).sum({-1});
    return {out.reshape(Shape(std::move(dims))), labels};
  }

  std::string text_;
  std::vector<Term> terms_;
  Labels result_;
  std::map<Label, std::int64_t> sizes_;
  int ellipsis_ = 0;  // most axes that an ellipsis stands for
};

}  // namespace

Tensor einsum(const std::string& subscripts, const std::vector<Tensor>& operands) {
  return Einsum(subscripts, operands).contracted();
}

}  // namespace weft
