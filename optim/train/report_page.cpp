// SPDX-License-Identifier: Apache-2.0
#include "optim/train/report_page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>

#include "core/plot/frame.h"
#include "core/plot/lines.h"
#include "core/plot/number_text.h"
#include "core/plot/svg.h"
#include "weft/plot.h"

namespace weft::detail {
namespace {

constexpr std::size_t kEpochRows = 500;
constexpr const char* kStyle = R"(
body { font: 15px/1.5 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.soft { color: #66727f; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1rem; }
.curves svg { width: 100%; height: auto; }
pre { background: #f4f6f8; padding: .8rem; overflow-x: auto; font-size: 13px; }
table.data { border-collapse: collapse; } .data th { color: #66727f; font-weight: 400; }
.data td, .data th { padding: .2rem 1rem .2rem 0; text-align: right; vertical-align: top; font-size: 13px;
  border-top: 1px solid #e3e8ed; }
.data .text { text-align: left; } .bar { height: .5rem; background: #0072b2; margin-top: .35rem; }
)";

std::string shown(const std::string& text) { return escaped(clean(text)); }

// Five significant digits, as short as can be, and no fraction from 1000 on; nothing for a NaN.
std::string number(double value) {
  if (std::isnan(value)) return "";
  if (std::abs(value) >= 1000 && std::abs(value) < 1e12) return fixed_text(value, 0);
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, 5);
  return {buffer.data(), end.ptr};
}

// Lines of plain text, which may be preformatted.
std::string lines_of(const std::string& text, const char* between) {
  std::string out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += (begin > 0 ? between : "") + shown(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

// A figure of each epoch under a name; NaN where an epoch has none.
struct Figure {
  std::string name;
  std::function<double(const Epoch&)> of;
};

// The metrics of all epochs, in the order in which they appear.
std::vector<Figure> metrics_of(const History& history) {
  std::vector<Figure> out;
  for (const Epoch& epoch : history.epochs) {
    for (const auto& metric : epoch.validation_metrics) {
      const std::string& name = metric.first;
      if (std::any_of(out.begin(), out.end(), [&](const Figure& known) { return known.name == name; })) continue;
      out.push_back({name, [name](const Epoch& e) {
                       for (const auto& [other, value] : e.validation_metrics)
                         if (other == name) return value;
                       return std::numeric_limits<double>::quiet_NaN();
                     }});
    }
  }
  return out;
}

bool has_values(const History& history, const Figure& figure) {
  return std::any_of(history.epochs.begin(), history.epochs.end(),
                     [&](const Epoch& epoch) { return !std::isnan(figure.of(epoch)); });
}

// The curves of those figures that have values; nothing where none has.
std::string chart(const std::string& title, const History& history, const std::vector<Figure>& figures) {
  std::vector<plot::Line> lines;
  for (const Figure& figure : figures) {
    if (!has_values(history, figure)) continue;
    plot::Line line{figure.name, {}};
    for (const Epoch& epoch : history.epochs) {
      line.x.push_back(epoch.number);
      line.y.push_back(figure.of(epoch));
    }
    lines.push_back(std::move(line));
  }
  return lines.empty() ? "" : lines_svg(lines, {.title = title, .x = "epoch"});
}

std::string curves(const History& history) {
  std::string out = "<h2>Curves</h2>\n<div class=\"curves\">\n";
  out += chart("loss", history,
               {{"training", [](const Epoch& e) { return e.loss; }},
                {"validation", [](const Epoch& e) { return e.validation_loss; }}});
  out += chart("accuracy", history,
               {{"training", [](const Epoch& e) { return e.accuracy; }},
                {"validation", [](const Epoch& e) { return e.validation_accuracy; }}});
  for (const Figure& metric : metrics_of(history)) out += chart(metric.name, history, {{"validation", metric.of}});
  out += chart("learning rate", history, {{"", [](const Epoch& e) { return e.lr; }}});
  return out + "</div>\n";
}

std::string cell(const char* tag, const std::string& text, const char* attributes = "") {
  return "<" + std::string(tag) + attributes + ">" + text + "</" + tag + ">";
}

std::string epochs(const History& history) {
  std::vector<Figure> columns{{"loss", [](const Epoch& e) { return e.loss; }},
                              {"accuracy", [](const Epoch& e) { return e.accuracy; }},
                              {"validation loss", [](const Epoch& e) { return e.validation_loss; }},
                              {"validation accuracy", [](const Epoch& e) { return e.validation_accuracy; }}};
  for (const Figure& metric : metrics_of(history)) columns.push_back({"validation " + metric.name, metric.of});
  columns.push_back({"learning rate", [](const Epoch& e) { return e.lr; }});
  columns.push_back({"seconds", [](const Epoch& e) { return e.seconds; }});
  columns.push_back({"samples/s", [](const Epoch& e) { return e.samples_per_second; }});
  std::erase_if(columns, [&](const Figure& figure) { return !has_values(history, figure); });
  std::string out = "<h2>Epochs</h2>\n";
  const std::size_t first = history.epochs.size() > kEpochRows ? history.epochs.size() - kEpochRows : 0;
  if (first > 0) out += cell("p", "The last " + std::to_string(kEpochRows) + " epochs.", " class=\"soft\"") + "\n";
  out += "<table class=\"data\">\n<tr><th>epoch</th>";
  for (const Figure& column : columns) out += cell("th", shown(column.name));
  out += "</tr>\n";
  for (std::size_t i = first; i < history.epochs.size(); ++i) {
    out += "<tr>" + cell("td", std::to_string(history.epochs[i].number));
    for (const Figure& column : columns) out += cell("td", number(column.of(history.epochs[i])));
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

std::string row(const KernelProfile& kernel) {
  const std::string share = fixed_text(100 * kernel.share, 1);
  const std::string fused = kernel.fused.empty() ? "" : "<br><span class=\"soft\">" + shown(kernel.fused) + "</span>";
  return "<tr>" + cell("td", shown(kernel.kernel) + fused, " class=\"text\"") +
         cell("td", shown(kernel.layer), " class=\"text\"") + cell("td", shown(kernel.phase), " class=\"text\"") +
         cell("td", number(1e6 * kernel.seconds)) +
         cell("td", "<div class=\"bar\" style=\"width:" + share + "px\"></div>" + share + " %", " class=\"text\"") +
         cell("td",
              fixed_text(100 * kernel.share_of_roof, 0) + " % " + (kernel.memory_bound ? "memory" : "arithmetic")) +
         "</tr>\n";
}

// The slowest kernels of a step; bars show the share of its time.
std::string kernels(const Profile& profile, std::size_t most) {
  std::vector<KernelProfile> slowest = profile.kernels;
  std::stable_sort(slowest.begin(), slowest.end(), [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  slowest.resize(std::min(slowest.size(), most));
  std::string out = "<h2>Kernels of a training step</h2>\n";
  out +=
      cell("p",
           "One step takes " + number(1e6 * profile.seconds()) + " us in " + std::to_string(profile.kernels.size()) +
               " kernels. The slowest are below. The roof is the shortest time that the measured rates of the device "
               "allow: " +
               number(profile.flops_per_second / 1e9) + " GFLOP/s in a large product, " +
               number(profile.bytes_per_second / 1e9) + " GB/s in a large copy.",
           " class=\"soft\"");
  out += "\n<table class=\"data\">\n<tr>";
  for (const char* name : {"kernel", "layer", "phase"}) out += cell("th", name, " class=\"text\"");
  out += "<th>us</th><th class=\"text\">share</th><th>of roof</th></tr>\n";
  for (const KernelProfile& kernel : slowest) out += row(kernel);
  return out + "</table>\n";
}

std::string state_of(const ReportPage& page) {
  double seconds = 0;
  for (const Epoch& epoch : page.history.epochs) seconds += epoch.seconds;
  return (page.running ? "Running" : "Finished") + std::string(": ") + std::to_string(page.history.epochs.size()) +
         " of " + std::to_string(page.epochs) + " epochs, " + number(seconds) + " s of training.";
}

}  // namespace

std::string html_of(const ReportPage& page) {
  std::string out = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  if (page.running) out += "<meta http-equiv=\"refresh\" content=\"5\">\n";
  out += cell("title", shown(page.options.title)) + "\n" + cell("style", kStyle) + "\n</head>\n<body>\n";
  out += cell("h1", shown(page.options.title)) + "\n<p class=\"soft\">";
  if (!page.options.about.empty()) out += lines_of(page.options.about, "<br>") + "<br>";
  out += shown(page.device) + "<br>" + state_of(page) + "</p>\n";
  out += curves(page.history);
  for (const callbacks::ReportSection& section : page.sections)
    out += cell("h2", shown(section.title)) + "\n" + section.html + "\n";
  if (page.summary) out += "<h2>Model</h2>\n" + cell("pre", lines_of(page.summary->text(), "\n")) + "\n";
  if (page.memory)
    out += "<h2>Memory of a training step</h2>\n" + cell("pre", lines_of(page.memory->text(), "\n")) + "\n";
  if (page.profile) out += kernels(*page.profile, static_cast<std::size_t>(page.options.kernels));
  return out + epochs(page.history) + "</body>\n</html>\n";
}

}  // namespace weft::detail
