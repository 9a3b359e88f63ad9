// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/memory_report.h"
#include "weft/profile.h"
#include "weft/scope.h"
#include "weft/session.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

// Arithmetic of a program's f32 ops. Values of other dtypes, inputs, results and variables keep their dtype.
enum class Precision : std::uint8_t {
  kF32,   // dtypes as traced
  kTF32,  // matrix products and convolutions may round their operands to TF32 on CUDA
  // Matrix products round their operands to bf16 and add up in f32; activations and their gradients are stored as bf16.
  // Weights, their gradients, assigned values, reductions, norm statistics and losses stay f32. So do results of exp,
  // log, pow and softplus, and the arithmetic between stored values. Works on every device; a CPU without bf16 units is
  // no faster than with f32.
  kBF16,
  // kBF16 with f16 in place of bf16. Gradients need UpdateOptions::loss_scale, which a Trainer turns on, because the
  // range of f16 is small.
  kF16,
};

// Numbers of rows (the arguments' first axis) that a program is made for. With {8, 32} a call of 20 rows is padded with
// zeros to 32 rows, and the results are cut to 20. Row i of each result must be made of row i of the arguments alone.
// Built-in ops that mix rows are refused, and a user's op must promise OpRule::rows_apart.
struct Buckets {
  std::vector<std::int64_t> sizes{};  // empty: each number of rows has its own trace
};

// Settings of weft::compile.
struct CompileOptions {
  std::string name = "step";              // in reports and errors
  Precision precision = Precision::kF32;  // dtype of products and stored activations
  std::optional<Device> device{};         // default: where the arguments live
  bool fuse = true;                       // false: node by node as traced, for a debugger
  Buckets buckets{};                      // numbers of rows to pad to
  int max_traces = 16;                    // then a TraceError names the dimension that keeps changing
  bool evict_traces = false;              // true: no error, the least recently used trace goes and may be made again
};

// An argument that is a plain value and keys the trace: another value is another trace. Numbers are compared by their
// bits, so 0.0 and -0.0 are two keys. T is a number, bool, an enum, a text, or a struct that is equal where its bytes
// are.
template <class T>
struct Static {
  T value;  // the key
  bool operator==(const Static&) const = default;
};

namespace detail {

// One argument of a call: a tensor, a number that becomes a 0-d input, or a key.
struct Argument {
  Tensor tensor{};
  std::optional<std::string> key{};  // the bytes of a Static; not set for a tensor

  bool is_tensor() const { return !key; }
};
using TracedBody = std::function<std::vector<Tensor>(const std::vector<Tensor>& inputs)>;

class ProgramCache;

// The type-erased program: cached traces by key.
class Program {
 public:
  explicit Program(CompileOptions options);
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  // Runs the trace that fits the arguments, tracing `body` first when there is none.
  std::vector<Tensor> run(const std::vector<Argument>& arguments, const TracedBody& body);
  void prepare(const std::vector<Argument>& arguments, const TracedBody& body);
  void prepare_for(const std::vector<TensorSpec>& specs, const TracedBody& body);
  void seal();
  SessionHandle session() const;
  std::string graph() const;
  MemoryReport memory_plan() const;
  Profile profile() const;
  std::int64_t largest_batch(std::int64_t memory, const std::vector<Argument>& arguments, const TracedBody& body) const;
  std::size_t traces() const;

 private:
  // ValueError if the program was moved from.
  ProgramCache& cache() const;
  std::shared_ptr<ProgramCache> cache_;
};

[[noreturn]] void wrong_count(const char* what, std::size_t given, std::size_t wanted);
// ValueError if the number is an integer of 2^63 or more, which no dtype holds.
void expect_i64(const Scalar& number);

inline Argument argument(const Tensor& value) { return {value, {}}; }

// Digits that tell any two values of the type apart; long double has bytes without meaning.
std::string key_of(long double value);
template <class T>
std::string key_of(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string(std::string_view(value));
  } else {
    static_assert(!std::is_pointer_v<T> && (std::is_same_v<T, float> || std::is_same_v<T, double> ||
                                            std::has_unique_object_representations_v<T>),
                  "a Static is a number, bool, an enum, a text, or a struct that is equal where its bytes are");
    std::string bytes(sizeof(T), '\0');
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
  }
}
template <class T>
Argument argument(const Static<T>& value) {
  return {{}, key_of(value.value)};
}

// A given argument as the parameter's type: numbers become 0-d tensors, variables their value.
template <class A, class Given>
A given(const Given& value) {
  if constexpr (std::is_same_v<A, Tensor> && std::is_arithmetic_v<Given>) {
    using Kept =
        std::conditional_t<Element<Given>, Given, std::conditional_t<std::is_integral_v<Given>, std::int64_t, double>>;
    expect_i64(value);
    return Tensor::scalar<Kept>(static_cast<Kept>(value));
  } else {
    return A(value);
  }
}

// The argument that the traced function sees: the next input, or the key's value itself.
inline Tensor bound(const Tensor&, const std::vector<Tensor>& inputs, std::size_t& next) { return inputs[next++]; }
template <class T>
Static<T> bound(const Static<T>& value, const std::vector<Tensor>&, std::size_t&) {
  return value;
}

template <class T>
inline constexpr bool is_parameter = std::is_same_v<T, Tensor>;
template <class T>
inline constexpr bool is_parameter<Static<T>> = true;

// Results: void, a Tensor, or a pair, tuple or vector of Tensors.
template <class R>
struct Results {
  static_assert(std::is_same_v<R, Tensor>, "a program returns void, a Tensor, or a pair, tuple or vector of Tensors");
  [[nodiscard]] static std::vector<Tensor> pack(const Tensor& value) { return {value}; }
  [[nodiscard]] static Tensor unpack(std::vector<Tensor> values) { return std::move(values[0]); }
};
template <>
struct Results<std::vector<Tensor>> {
  [[nodiscard]] static std::vector<Tensor> pack(std::vector<Tensor> values) { return values; }
  [[nodiscard]] static std::vector<Tensor> unpack(std::vector<Tensor> values) { return values; }
};
template <class... T>
struct Results<std::tuple<T...>> {
  [[nodiscard]] static std::vector<Tensor> pack(const std::tuple<T...>& values) {
    return std::apply([](const auto&... v) { return std::vector<Tensor>{Tensor(v)...}; }, values);
  }
  static std::tuple<T...> unpack(std::vector<Tensor> values) {
    return [&]<std::size_t... i>(std::index_sequence<i...>) { return std::tuple<T...>{std::move(values[i])...}; }
    (std::index_sequence_for<T...>{});
  }
};
template <class A, class B>
struct Results<std::pair<A, B>> {
  [[nodiscard]] static std::vector<Tensor> pack(const std::pair<A, B>& values) {
    return {Tensor(values.first), Tensor(values.second)};
  }
  static std::pair<A, B> unpack(std::vector<Tensor> values) { return {std::move(values[0]), std::move(values[1])}; }
};

template <class F>
struct SignatureOf : SignatureOf<decltype(&F::operator())> {};
template <class C, class R, class... A>
struct SignatureOf<R (C::*)(A...) const> {
  using type = R(A...);
};
template <class C, class R, class... A>
struct SignatureOf<R (C::*)(A...)> {
  using type = R(A...);
};
template <class R, class... A>
struct SignatureOf<R (*)(A...)> {
  using type = R(A...);
};

}  // namespace detail

template <class Signature>
class Compiled;
template <class Signature>
class Session;

// An instance of a sealed program for one thread, with its own activations and, on CUDA, its own stream or the thread's
// UserStream. All sessions of a program share its code and variables, and nobody may change the variables meanwhile.
// Calls of one session must not overlap; one that does is a TraceError.
template <class R, class... Args>
class Session<R(Args...)> {
 public:
  // Runs the program without waiting for the device. Later work on the thread's current stream waits for the results.
  template <class... Given>
  R operator()(const Given&... given) {
    return detail::Results<R>::unpack(handle_.run(arguments(given...)));
  }
  // Writes the results into the user's memory, one Out per result, and waits until they are there. ShapeError if the
  // memory has another shape or dtype.
  template <class... Given>
  void into(std::span<const Out> outs, const Given&... given) {
    async_into(outs, given...).get();
  }
  // into() without waiting. Device memory, both given and taken, must live until the run is done. The call does wait if
  // results go to host memory that is not page-locked.
  template <class... Given>
  Pending async_into(std::span<const Out> outs, const Given&... given) {
    return handle_.into(outs, arguments(given...));
  }

 private:
  friend class Compiled<R(Args...)>;
  explicit Session(detail::SessionHandle handle) : handle_(std::move(handle)) {}
  template <class... Given>
  static std::vector<detail::Argument> arguments(const Given&... given) {
    static_assert(sizeof...(Given) == sizeof...(Args), "wrong number of arguments");
    return {detail::argument(detail::given<std::decay_t<Args>>(given))...};
  }
  detail::SessionHandle handle_;
};

// A function of tensors as a program: traced once per key, then replayed. The key: shapes, dtypes and devices of the
// arguments, every Static, and the flags (training, frozen, trainable) that the trace read. A number given for a Tensor
// parameter is a 0-d input: a new value never traces again. A failed trace changes nothing. OutOfMemory before the
// first run, with the memory plan and what would help, if the device has too little memory. Calls of one program must
// not overlap; one that does is a TraceError.
template <class R, class... Args>
class Compiled<R(Args...)> {
  static_assert((detail::is_parameter<std::decay_t<Args>> && ...),
                "a program's parameters are weft::Tensor (an input; numbers may be given) or weft::Static<T> (a key)");

 public:
  // A program of `body`; nothing is traced before the first call.
  Compiled(std::function<R(Args...)> body, CompileOptions options)
      : body_(std::move(body)), program_(std::move(options)) {}

  // Runs the trace that fits the arguments, tracing first if there is none. Does not wait for the device.
  template <class... Given>
  R operator()(const Given&... given) {
    static_assert(sizeof...(Given) == sizeof...(Args), "wrong number of arguments");
    const std::tuple<std::decay_t<Args>...> args{detail::given<std::decay_t<Args>>(given)...};
    auto results = program_.run(arguments(args), bind(args));
    if constexpr (!std::is_void_v<R>) return detail::Results<R>::unpack(std::move(results));
  }
  // Traces, plans and builds for these arguments now; nothing runs.
  template <class... Given>
  void prepare(const Given&... given) {
    const std::tuple<std::decay_t<Args>...> args{detail::given<std::decay_t<Args>>(given)...};
    program_.prepare(arguments(args), bind(args));
  }
  // prepare() for tensors of these specs, on the program's device. With buckets: for every bucket up to that of the
  // specs.
  void prepare(const std::vector<TensorSpec>& specs) {
    static_assert((std::is_same_v<std::decay_t<Args>, Tensor> && ...), "a Static has no spec: prepare with arguments");
    const Tuple args;
    if (specs.size() != sizeof...(Args)) detail::wrong_count("prepare", specs.size(), sizeof...(Args));
    program_.prepare_for(specs, bind(args));
  }
  // Drops the function and what it captured. From then on a call of an untraced shape is a ShapeError that lists the
  // traced ones. TraceError if nothing has been traced.
  void seal() {
    program_.seal();
    body_ = nullptr;
  }
  // A session of the sealed program. TraceError for a program that assigns variables.
  Session<R(Args...)> session() const {
    static_assert(!std::is_void_v<R>, "a program without results has no use for sessions");
    return Session<R(Args...)>(program_.session());
  }
  // The latest trace as text.
  std::string graph() const { return program_.graph(); }
  // The kernels of the latest trace: fused ops, cost, time and share of the roof. Runs the program some times on copies
  // of its variables, with zeros for arguments, so that nothing changes. The first call in a process also measures the
  // device's rates.
  Profile profile() const { return program_.profile(); }
  // profile() as a table.
  std::string explain() const { return profile().text(); }
  // Memory of the latest trace by use and by layer, and the node at which its arena is fullest.
  MemoryReport memory_plan() const { return program_.memory_plan(); }
  // The most rows with which the program, variables included, needs at most `memory` bytes; 0 if one row needs more.
  // Rows are the first axis of the first argument and of those with as many. Each size that is tried is traced and
  // planned; nothing is allocated and nothing runs.
  template <class... Given>
  std::int64_t largest_batch(std::int64_t memory, const Given&... given) {
    const Tuple args{detail::given<std::decay_t<Args>>(given)...};
    return program_.largest_batch(memory, arguments(args), bind(args));
  }
  // Number of traces made so far.
  std::size_t traces() const { return program_.traces(); }

 private:
  using Tuple = std::tuple<std::decay_t<Args>...>;

  static std::vector<detail::Argument> arguments(const Tuple& args) {
    return std::apply([](const auto&... a) { return std::vector<detail::Argument>{detail::argument(a)...}; }, args);
  }
  detail::TracedBody bind(const Tuple& args) {
    return [this, &args](const std::vector<Tensor>& inputs) -> std::vector<Tensor> {
      [[maybe_unused]] std::size_t next = 0;
      // Braces, because only they call bound() in the order of the arguments.
      Tuple bound = std::apply([&](const auto&... a) { return Tuple{detail::bound(a, inputs, next)...}; }, args);
      if constexpr (std::is_void_v<R>) {
        std::apply(body_, std::move(bound));
        return {};
      } else {
        return detail::Results<R>::pack(std::apply(body_, std::move(bound)));
      }
    };
  }
  std::function<R(Args...)> body_;
  detail::Program program_;
};

// Makes a program of a lambda (kept by value) or of a callable held by reference with std::ref. Whatever the callable
// captures by reference must outlive the program.
template <class F>
auto compile(F&& f, CompileOptions options = {}) {
  using Signature = typename detail::SignatureOf<std::decay_t<F>>::type;
  return Compiled<Signature>(std::forward<F>(f), std::move(options));
}

}  // namespace weft
