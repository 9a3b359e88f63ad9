// SPDX-License-Identifier: Apache-2.0
#include "weft/npy.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/files.h"

namespace weft::testing {
using namespace data;
namespace {

using ::testing::HasSubstr;
using Named = std::vector<std::pair<std::string, Tensor>>;

// A file of version 1 with this header and these elements.
std::string npy(const std::string& header, const std::string& elements) {
  std::string out = "\x93NUMPY";
  out += {'\x01', '\x00', static_cast<char>(header.size()), '\x00'};
  return out + header + elements;
}

std::string header(const std::string& descr, const std::string& shape, const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

Tensor read(const std::string& bytes) {
  const TemporaryDirectory directory;
  write_file(directory / "a.npy", bytes);
  return read_npy(directory / "a.npy");
}

template <class E>
std::string error_of(const std::string& bytes) {
  const std::string message = message_of<E>([&] { read(bytes); });
  EXPECT_NE(message.find("a.npy: "), std::string::npos) << message;
  return message.substr(message.find("a.npy: ") + 7);
}

// One of each type that NumPy has, and some shapes.
Named every_kind() {
  const Tensor x = Tensor::of<float>({-1, 0, 1.5, 2, 3, 200}, {2, 3});
  Named out;
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kF16, DType::kI32, DType::kI64, DType::kBool})
    out.emplace_back(name_of(dtype), x.to(dtype));
  out.emplace_back("u8", Tensor::of<std::uint8_t>({0, 7, 255}, {3}));
  out.emplace_back("scalar", Tensor::scalar(2.5));
  out.emplace_back("empty", Tensor::of<float>(std::vector<float>(), {0, 4}));
  return out;
}

void expect_same(const Tensor& a, const Tensor& b, const std::string& name) {
  EXPECT_EQ(a.shape(), b.shape()) << name;
  EXPECT_EQ(a.dtype(), b.dtype()) << name;
  EXPECT_EQ(a.to(DType::kF64).to_vector<double>(), b.to(DType::kF64).to_vector<double>()) << name;
}

TEST(Npy, RoundTrip) {
  const TemporaryDirectory directory;
  for (const auto& [name, tensor] : every_kind()) {
    write_npy(directory / "a.npy", tensor);
    expect_same(read_npy(directory / "a.npy"), tensor, name);
  }
  EXPECT_THAT(message_of<DTypeError>([&] { write_npy(directory / "b.npy", Tensor::scalar(1.0f).to(DType::kBF16)); }),
              HasSubstr("the tensor is bf16, which NumPy lacks"));
  EXPECT_FALSE(std::filesystem::exists(directory / "b.npy"));
}

TEST(Npy, HasTheBytesOfNumPy) {
  const TemporaryDirectory directory;
  write_npy(directory / "a.npy", Tensor::of<std::uint8_t>({1, 2}, {2}));
  std::string text = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }";
  text.resize(117, ' ');
  std::string expected = "\x93NUMPY";
  expected += {'\x01', '\x00', '\x76', '\x00'};
  EXPECT_EQ(read_file(directory / "a.npy"), expected + text + "\n\x01\x02");
}

TEST(Npy, ReadsFortransOrderAndBothByteOrders) {
  const std::string numbers("\0\x01\0\x02\0\x03\0\x04\0\x05\0\x06", 12);
  const Tensor turned = read(npy(header("|u1", "(2, 3)", "True"), "\x01\x02\x03\x04\x05\x06"));
  EXPECT_EQ(turned.shape(), (Shape{2, 3}));
  EXPECT_EQ(turned.to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{1, 3, 5, 2, 4, 6}));
  EXPECT_EQ(read(npy(header(">i4", "(2,)"), std::string("\0\0\0\x07\xff\xff\xff\xfe", 8))).to_vector<std::int32_t>(),
            (std::vector<std::int32_t>{7, -2}));
  const Tensor both =
      read(npy(header(">i4", "(2, 2, 1)", "True"), std::string("\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4", 16)));
  EXPECT_EQ(both.to_vector<std::int32_t>(), (std::vector<std::int32_t>{1, 3, 2, 4}));
}

TEST(Npy, ReadsVersions) {
  for (const char version : {'\x02', '\x03'}) {
    const std::string text = header("|u1", "()");
    std::string file = "\x93NUMPY";
    file += {version, '\x00', static_cast<char>(text.size()), '\x00', '\x00', '\x00'};
    EXPECT_EQ(read(file + text + "\x09").item<std::uint8_t>(), 9);
  }
  EXPECT_EQ(error_of<FormatError>("\x93NUMPY\x04" + std::string(20, '\0')), "its version is 4; 1 to 3 are read");
}

TEST(Npy, RefusesWhatIsNone) {
  const std::string one = header("|u1", "(1,)");
  EXPECT_THAT(error_of<FormatError>("hello, world"), HasSubstr("this is no array of NumPy's"));
  EXPECT_THAT(error_of<FormatError>(npy(one, "")), HasSubstr("promises u8(1,), 1 bytes; 0 are there"));
  EXPECT_THAT(error_of<FormatError>(npy(one, "ab")), HasSubstr("1 bytes; 2 are there"));
  EXPECT_THAT(error_of<FormatError>(npy(one, "").substr(0, 30)), HasSubstr("the file ends within its header"));
  EXPECT_THAT(error_of<FormatError>(npy(header("|b1", "(1,)"), "\x02")), HasSubstr("a bool is neither 0 nor 1"));
  EXPECT_THAT(error_of<FormatError>(npy(header("|u1", "(1000000000000, 1000000000000)"), "")),
              HasSubstr("more elements than any file has"));
  for (const char* shape : {"(1", "1", "(-1,)", "(a,)", "(1 2)", "(99999999999999999999,)"})
    EXPECT_THAT(error_of<FormatError>(npy(header("|u1", shape), "a")), HasSubstr("none of NumPy's")) << shape;
  for (const char* text : {"", "{", "{}", "{'descr': '|u1', 'descr': '|u1'}", "{'descr': '|u1'} x", "[1]"})
    EXPECT_THAT(error_of<FormatError>(npy(text, "a")), HasSubstr("none of NumPy's")) << text;
  for (const char* type : {"<i2", "<u4", "<c8", "|O", "<U3", "", "f4", "|V2"})
    EXPECT_THAT(error_of<DTypeError>(npy(header(type, "(1,)"), "a")), HasSubstr("weft reads f4, f8")) << type;
  EXPECT_THAT(error_of<DTypeError>(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "abcd")),
              HasSubstr("its elements are records"));
}

TEST(Npz, RoundTrip) {
  const TemporaryDirectory directory;
  const Named tensors = every_kind();
  write_npz(directory / "a.npz", tensors);
  const Named read = read_npz(directory / "a.npz");
  ASSERT_EQ(read.size(), tensors.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].first, tensors[i].first);
    expect_same(read[i].second, tensors[i].second, read[i].first);
  }
  write_npz(directory / "none.npz", {});
  EXPECT_TRUE(read_npz(directory / "none.npz").empty());
}

TEST(Npz, DamageIsNoticed) {
  const TemporaryDirectory directory;
  const Tensor x = Tensor::of<float>({1, 2, 3}, {3});
  write_npz(directory / "a.npz", {{"x", x}});
  const std::string whole = read_file(directory / "a.npz");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    write_file(directory / "b.npz", whole.substr(0, n));
    EXPECT_THROW(read_npz(directory / "b.npz"), FormatError) << n;
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x04);
    write_file(directory / "b.npz", damaged);
    try {  // dates and versions matter to nobody
      for (const auto& [name, tensor] : read_npz(directory / "b.npz"))
        EXPECT_EQ(tensor.to_vector(), x.to_vector()) << i;
    } catch (const FormatError&) {
    }
  }
}

TEST(Npz, RefusesNamesThatCannotBe) {
  const TemporaryDirectory directory;
  const Tensor x = Tensor::scalar(1.0f);
  for (const Named& tensors : {Named{{"", x}}, Named{{"a\n", x}}, Named{{"a", x}, {"a", x}}})
    EXPECT_THROW(write_npz(directory / "a.npz", tensors), ValueError);
  EXPECT_FALSE(std::filesystem::exists(directory / "a.npz"));
}

// Files that NumPy 2 has written, from which the fuzzer starts: 0 to 5 in two rows of three.
TEST(Npz, ReadsFilesOfNumPy) {
  const std::filesystem::path folder = std::filesystem::path(WEFT_SOURCE_DIR) / "tests/fuzz/corpus/npy";
  const std::vector<double> numbers{0, 1, 2, 3, 4, 5};
  const auto expect_numbers = [&](const Tensor& x, DType dtype) {
    EXPECT_EQ(x.dtype(), dtype);
    EXPECT_EQ(x.shape(), (Shape{2, 3}));
    EXPECT_EQ(x.to(DType::kF64).to_vector<double>(), numbers);
  };
  expect_numbers(read_npy(folder / "plain"), DType::kF32);
  expect_numbers(read_npy(folder / "swapped"), DType::kI32);
  expect_numbers(read_npy(folder / "turned"), DType::kF32);
  const Named stored = read_npz(folder / "stored"), deflated = read_npz(folder / "deflated");
  ASSERT_EQ(stored.size(), 2u);
  ASSERT_EQ(deflated.size(), 1u);
  expect_numbers(stored[0].second, DType::kF32);
  expect_numbers(deflated[0].second, DType::kF32);
  EXPECT_EQ(stored[1].first, "y");
  EXPECT_EQ(stored[1].second.dtype(), DType::kBool);
  EXPECT_EQ(stored[1].second.to(DType::kF64).to_vector<double>(), (std::vector<double>{0, 0, 0, 1, 1, 1}));
}

// Runs a script with NumPy; false where the test is to be skipped.
bool has_numpy(std::string& python) {
  const char* given = std::getenv("WEFT_TORCH_PYTHON");
  if (!given || !*given) return false;
  python = "\"" + std::string(given) + "\" -B -c ";
  return std::system((python + "'import numpy'").c_str()) == 0;
}

TEST(Npz, NumPyReadsWhatWeftWrites) {
  std::string python;
  if (!has_numpy(python)) GTEST_SKIP() << "WEFT_TORCH_PYTHON is not set, or has no NumPy; scripts/torch.sh makes one";
  const TemporaryDirectory directory;
  write_npz(directory / "a.npz", every_kind());
  write_npy(directory / "a.npy", every_kind()[0].second);
  const std::string script =
      "import numpy as n, sys\n"
      "z = n.load(sys.argv[1] + \"/a.npz\")\n"
      "x = n.array([[-1, 0, 1.5], [2, 3, 200]], dtype=n.float32)\n"
      "t = dict(f32=n.float32, f64=n.float64, f16=n.float16, i32=n.int32, i64=n.int64, bool=n.bool_)\n"
      "assert all(z[k].dtype == d and (z[k] == x.astype(d)).all() for k, d in t.items())\n"
      "assert (z[\"u8\"] == n.array([0, 7, 255], n.uint8)).all() and z[\"u8\"].dtype == n.uint8\n"
      "assert z[\"scalar\"].shape == () and z[\"scalar\"] == 2.5 and z[\"empty\"].shape == (0, 4)\n"
      "assert (n.load(sys.argv[1] + \"/a.npy\") == x).all()\n";
  EXPECT_EQ(std::system((python + "'" + script + "' \"" + directory.path().string() + "\"").c_str()), 0);
}

TEST(Npz, WeftReadsWhatNumPyWrites) {
  std::string python;
  if (!has_numpy(python)) GTEST_SKIP() << "WEFT_TORCH_PYTHON is not set, or has no NumPy; scripts/torch.sh makes one";
  const TemporaryDirectory directory;
  const std::string script =
      "import numpy as n, sys\n"
      "x = n.arange(24, dtype=n.float32).reshape(2, 3, 4)\n"
      "a = dict(plain=x, turned=n.asfortranarray(x), big=x.astype(\">f8\"), half=x.astype(n.float16), b=x > 5)\n"
      "n.savez(sys.argv[1] + \"/s.npz\", **a)\n"
      "n.savez_compressed(sys.argv[1] + \"/d.npz\", **a)\n"
      "n.lib.format.write_array(open(sys.argv[1] + \"/v3.npy\", \"wb\"), x, version=(3, 0))\n";
  ASSERT_EQ(std::system((python + "'" + script + "' \"" + directory.path().string() + "\"").c_str()), 0);
  std::vector<double> expected;
  for (int i = 0; i < 24; ++i) expected.push_back(i);
  for (const char* file : {"s.npz", "d.npz"}) {
    const Named tensors = read_npz(directory / file);
    ASSERT_EQ(tensors.size(), 5u);
    for (const auto& [name, tensor] : tensors) {
      EXPECT_EQ(tensor.shape(), (Shape{2, 3, 4})) << name;
      if (name == "b") {
        EXPECT_EQ(tensor.dtype(), DType::kBool);
      } else {
        EXPECT_EQ(tensor.to(DType::kF64).to_vector<double>(), expected) << name;
      }
    }
  }
  EXPECT_EQ(read_npy(directory / "v3.npy").numel(), 24);
}

}  // namespace
}  // namespace weft::testing
