// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <vector>

namespace {

constexpr std::size_t kShownMistakes = 18;
const char* const kStyle = R"(
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.big { font-size: 2.4rem; font-weight: 600; } .soft { color: #66727f; }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem; } figure { margin: 0; text-align: center; }
pre { background: #f4f6f8; padding: .8rem; overflow-x: auto; font-size: 13px; }
table { border-collapse: collapse; } td, th { width: 2.4rem; height: 2rem; text-align: center; }
th { color: #66727f; font-weight: 400; }
.kernels td, .kernels th { width: auto; height: auto; padding: .2rem .7rem .2rem 0; text-align: left; vertical-align: top;
  font-size: 13px; border-top: 1px solid #e3e8ed; } .bar { height: .5rem; background: #2f6fb0; margin-top: .35rem; }
svg text { font: 11px system-ui, sans-serif; fill: #66727f; }
)";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

struct Curve {
  const char* name;
  const char* color;
  std::vector<double> values;
};

// One picture of several curves over the epochs, with its lowest and highest value on the axis.
std::string chart(const std::string& title, const std::vector<Curve>& curves) {
  constexpr double kWidth = 420, kHeight = 240, kLeft = 48, kRight = 12, kTop = 30, kBottom = 26;
  double low = INFINITY, high = -INFINITY;
  std::size_t epochs = 1;
  for (const Curve& c : curves) {
    epochs = std::max(epochs, c.values.size());
    for (const double v : c.values)
      if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
  }
  if (!(low < high)) low = std::isfinite(low) ? low - 0.5 : 0, high = low + 1;
  const auto x = [&](std::size_t i) {
    const auto steps = static_cast<double>(std::max<std::size_t>(epochs - 1, 1));
    return kLeft + (kWidth - kLeft - kRight) * static_cast<double>(i) / steps;
  };
  const auto y = [&](double v) { return kHeight - kBottom - (kHeight - kTop - kBottom) * (v - low) / (high - low); };
  std::ostringstream out;
  out << "<svg width=\"" << kWidth << "\" height=\"" << kHeight << "\" role=\"img\" aria-label=\"" << title << "\">";
  for (int i = 0; i <= 4; ++i) {
    const double v = low + (high - low) * i / 4;
    out << "<path d=\"M" << kLeft << ' ' << fixed(y(v), 1) << "H" << kWidth - kRight
        << "\" stroke=\"#e3e8ed\"/><text x=\"" << kLeft - 6 << "\" y=\"" << fixed(y(v) + 4, 1)
        << "\" text-anchor=\"end\">" << fixed(v, 3) << "</text>";
  }
  out << "<text x=\"" << kLeft << "\" y=\"" << kHeight - 8 << "\">epoch 1</text><text x=\"" << kWidth - kRight
      << "\" y=\"" << kHeight - 8 << "\" text-anchor=\"end\">" << epochs << "</text>";
  double legend = kLeft;
  for (const Curve& c : curves) {
    out << "<polyline fill=\"none\" stroke=\"" << c.color << "\" stroke-width=\"2\" points=\"";
    for (std::size_t i = 0; i < c.values.size(); ++i)
      if (std::isfinite(c.values[i])) out << fixed(x(i), 1) << ',' << fixed(y(c.values[i]), 1) << ' ';
    out << "\"/><text x=\"" << legend << "\" y=\"16\" style=\"fill:" << c.color << "\">" << title << ", " << c.name
        << "</text>";
    legend += 150;
  }
  out << "</svg>";
  return out.str();
}

std::string curves(const weft::History& history) {
  Curve loss{"training", "#2f6fb0", {}}, validation_loss{"test", "#d9822b", {}};
  Curve accuracy{"training", "#2f6fb0", {}}, validation_accuracy{"test", "#d9822b", {}};
  for (const weft::Epoch& e : history.epochs) {
    loss.values.push_back(e.loss);
    validation_loss.values.push_back(e.validation_loss);
    accuracy.values.push_back(e.accuracy);
    validation_accuracy.values.push_back(e.validation_accuracy);
  }
  return "<div class=row>" + chart("loss", {loss, validation_loss}) +
         chart("accuracy", {accuracy, validation_accuracy}) + "</div>\n";
}

std::string confusion_table(const Examination& test) {
  int most = 1;
  for (const auto& row : test.confusion) most = std::max(most, *std::max_element(row.begin(), row.end()));
  std::ostringstream out;
  out << "<table><tr><th></th>";
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
  out << "<div class=row>";
  for (std::size_t i = 0; i < std::min(kShownMistakes, test.mistakes.size()); ++i) {
    const Mistake& m = test.mistakes[i];
    out << "<figure>" << picture(pixels.data() + m.row * per_image, side) << "<figcaption>" << m.truth
        << ", read as <b>" << m.predicted << "</b><br><span class=soft>" << fixed(100 * m.confidence, 0)
        << " % sure</span></figcaption></figure>\n";
  }
  out << "</div>\n";
  return out.str();
}

std::string bytes(std::int64_t count) {
  return count < 10 * 1024 ? std::to_string(count) + " B" : fixed(static_cast<double>(count) / 1024, 0) + " KiB";
}

// The kernels of a training step; bars show the share of its time.
std::string kernels(const weft::Profile& profile) {
  std::ostringstream out;
  out << "<h2>Kernels of a training step</h2>\n<p class=soft>One step takes " << fixed(1e6 * profile.seconds(), 0)
      << " us in " << profile.kernels.size()
      << " kernels. The roof is the shortest time that the device's measured rates allow: "
      << fixed(profile.flops_per_second / 1e9, 1) << " GFLOP/s in a large product, and "
      << fixed(profile.bytes_per_second / 1e9, 1)
      << " GB/s in a large copy, more where a cache holds what a kernel works on.</p>\n<table "
         "class=kernels><tr><th>kernel</th><th>layer</th><th>phase</th><th>FLOPs</th><th>read</th>"
      << "<th>written</th><th>time</th><th>share</th><th>of roof</th></tr>\n";
  for (const weft::KernelProfile& k : profile.kernels) {
    out << "<tr><td>" << escaped(k.kernel);
    if (!k.fused.empty()) out << "<br><span class=soft>" << escaped(k.fused) << "</span>";
    out << "</td><td>" << escaped(k.layer) << "</td><td>" << k.phase << "</td><td>" << fixed(k.flops / 1e3, 1)
        << " k</td><td>" << bytes(k.bytes_read) << "</td><td>" << bytes(k.bytes_written) << "</td><td>"
        << fixed(1e6 * k.seconds, 1) << " us</td><td><div class=bar style=\"width:" << fixed(100 * k.share, 1)
        << "px\"></div>" << fixed(100 * k.share, 1) << " %</td><td>" << fixed(100 * k.share_of_roof, 0) << " % "
        << (k.memory_bound ? "memory" : "arithmetic") << "</td></tr>\n";
  }
  out << "</table>\n";
  return out.str();
}

}  // namespace

std::string report_html(const Run& run, const weft::Tensor& images) {
  double seconds = 0;
  for (const weft::Epoch& e : run.history.epochs) seconds += e.seconds;
  std::ostringstream out;
  out << "<!doctype html>\n<html lang=en><head><meta charset=utf-8><title>weft: digits</title><style>" << kStyle
      << "</style></head><body>\n<h1>Handwritten digits</h1>\n<p class=soft>" << escaped(run.data) << "<br>"
      << escaped(run.device.describe()) << "</p>\n<p><span class=big>" << fixed(100 * run.test.accuracy, 2)
      << " %</span> test accuracy after " << run.history.epochs.size() << " epochs in " << fixed(seconds, 2)
      << " s (batch size " << run.options.batch_size << ", learning rate " << run.options.lr << ", seed "
      << run.options.seed << ")</p>\n<h2>Training</h2>\n"
      << curves(run.history) << "<h2>Confusion matrix</h2>\n<p class=soft>Rows: what it is. Columns: what it was read "
      << "as.</p>\n"
      << confusion_table(run.test) << "<h2>Worst mistakes</h2>\n"
      << mistakes(run.test, images) << "<h2>Model</h2>\n<pre>" << escaped(run.summary) << "\n\n"
      << escaped(run.memory) << "</pre>\n"
      << (run.profile.kernels.empty() ? "" : kernels(run.profile)) << "</body></html>\n";
  return out.str();
}
