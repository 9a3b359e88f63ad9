// SPDX-License-Identifier: Apache-2.0
#include "tests/architecture/standard_names.h"

namespace weft::testing {

const std::vector<StandardHeader>& standard_headers() {
  static const std::vector<StandardHeader> table = {
      {"algorithm",
       "ranges adjacent_find all_of any_of binary_search clamp copy copy_backward copy_if copy_n count count_if equal "
       "equal_range fill fill_n find find_if find_if_not for_each generate includes inplace_merge is_partitioned "
       "is_permutation is_sorted lexicographical_compare lower_bound make_heap max max_element merge min "
       "min_element minmax minmax_element mismatch move_backward next_permutation none_of nth_element "
       "partial_sort partition partition_point pop_heap push_heap remove_copy_if remove_if replace reverse "
       "reverse_copy rotate rotate_copy search set_difference set_intersection set_union shuffle sort "
       "stable_partition stable_sort swap_ranges transform unique unique_copy upper_bound"},
      {"any", "any any_cast"},
      {"array", "array distance next prev"},
      {"atomic",
       "atomic atomic_flag atomic_ref atomic_thread_fence memory_order_acq_rel memory_order_acquire "
       "memory_order_relaxed memory_order_release"},
      {"barrier", "barrier"},
      {"bit",
       "bit_cast bit_ceil bit_floor bit_width countl_zero countr_one countr_zero endian has_single_bit popcount "
       "rotl"},
      {"bitset", "bitset"},
      {"cctype", "isalnum isalpha isdigit islower isspace isupper isxdigit tolower toupper"},
      {"cfenv", "feclearexcept fegetround fetestexcept"},
      {"charconv", "from_chars to_chars"},
      {"chrono", "chrono"},
      {"cmath",
       "abs acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs floor "
       "fma fmax fmin fmod fpclassify frexp hypot ilogb isfinite isinf isnan ldexp lgamma llround log log10 log1p "
       "log2 lround modf nearbyint nextafter pow remainder rint round scalbn signbit sin sinh sqrt tan tanh "
       "tgamma trunc"},
      {"compare", "partial_ordering strong_ordering"},
      {"complex", "complex"},
      {"concepts",
       "constructible_from convertible_to derived_from floating_point integral invocable predicate same_as"},
      {"condition_variable", "condition_variable cv_status"},
      {"csignal", "raise sig_atomic_t signal"},
      {"cstdint", "int16_t int32_t int64_t int8_t intptr_t uint16_t uint32_t uint64_t uint8_t uintptr_t"},
      {"cstdio",
       "FILE fclose fflush fileno fopen fprintf fputs fread fseek ftell fwrite printf putchar puts rename "
       "snprintf tmpfile vsnprintf"},
      {"cstdlib",
       "_Exit abort abs aligned_alloc atoi exit free getenv malloc mkstemp quick_exit strtod strtof strtol "
       "strtoll strtoul strtoull system"},
      {"cstring", "memchr memcmp memcpy memmove memset strchr strcmp strerror strlen strncmp strstr"},
      {"ctime", "gmtime localtime strftime time_t tm"},
      {"deque", "deque"},
      {"exception",
       "current_exception exception exception_ptr make_exception_ptr nested_exception rethrow_exception "
       "set_terminate terminate uncaught_exceptions"},
      {"filesystem", "error_code filesystem string"},
      {"fstream", "filebuf fstream getline ifstream istream ofstream ostream"},
      {"functional",
       "bind bit_and bit_or bit_xor cref divides equal_to function greater greater_equal hash identity invoke "
       "less less_equal logical_and logical_not logical_or minus modulus multiplies negate not_equal_to not_fn "
       "plus ref reference_wrapper tuple"},
      {"future", "async future promise"},
      {"iomanip", "put_time setfill setprecision setw"},
      {"iosfwd", "ifstream istream ofstream ostream"},
      {"iostream", "cerr cin clog cout endl flush getline istream ostream"},
      {"istream", "getline istream ostream"},
      {"iterator",
       "advance back_inserter distance input_iterator_tag inserter istream_iterator istreambuf_iterator "
       "make_move_iterator next ostream_iterator prev ssize"},
      {"latch", "latch"},
      {"limits", "numeric_limits"},
      {"list", "list"},
      {"locale", "isspace locale"},
      {"map", "advance distance less map multimap next prev"},
      {"memory",
       "addressof align allocator const_pointer_cast construct_at default_delete destroy_at dynamic_pointer_cast "
       "enable_shared_from_this hash make_shared make_unique shared_ptr static_pointer_cast uninitialized_copy "
       "unique_ptr weak_ptr"},
      {"mutex", "call_once lock_guard mutex once_flag recursive_mutex scoped_lock unique_lock"},
      {"new", "align_val_t bad_alloc exception launder nothrow"},
      {"numbers", "numbers"},
      {"numeric",
       "accumulate adjacent_difference exclusive_scan gcd inclusive_scan inner_product iota lcm midpoint "
       "partial_sum reduce transform_reduce"},
      {"optional", "hash make_optional nullopt optional"},
      {"ostream", "endl flush ostream"},
      {"queue", "priority_queue queue"},
      {"random",
       "bernoulli_distribution minstd_rand mt19937 mt19937_64 normal_distribution random_device "
       "uniform_int_distribution uniform_real_distribution"},
      {"ranges", "views"},
      {"ratio", "milli ratio"},
      {"regex", "cmatch regex regex_match regex_replace regex_search smatch sregex_iterator"},
      {"semaphore", "binary_semaphore counting_semaphore"},
      {"set", "advance distance less multiset next prev set"},
      {"shared_mutex", "shared_lock shared_mutex"},
      {"source_location", "source_location"},
      {"span", "as_bytes as_writable_bytes distance dynamic_extent next prev span"},
      {"sstream", "endl getline istream istringstream ostream ostringstream string stringbuf stringstream"},
      {"stack", "stack"},
      {"stdexcept",
       "domain_error exception invalid_argument length_error logic_error out_of_range overflow_error "
       "runtime_error"},
      {"string",
       "basic_string char_traits distance getline hash next prev stod stof stoi stol stoll stoul stoull string "
       "to_string u8string wstring"},
      {"string_view", "string_view"},
      {"system_error", "errc error_code error_condition generic_category system_category system_error"},
      {"thread", "jthread this_thread thread"},
      {"tuple", "apply forward_as_tuple index_sequence make_tuple tie tuple tuple_cat"},
      {"type_traits",
       "add_const_t bool_constant conditional_t conjunction_v decay_t disjunction_v enable_if_t false_type "
       "has_virtual_destructor_v integral_constant invoke_result_t is_abstract_v is_aggregate_v is_arithmetic_v "
       "is_base_of_v is_class_v is_const_v is_constant_evaluated is_constructible_v is_convertible_v "
       "is_copy_assignable_v is_copy_constructible_v is_default_constructible_v is_enum_v is_floating_point_v "
       "is_integral_v is_invocable_v is_move_constructible_v is_nothrow_move_constructible_v is_null_pointer_v "
       "is_pointer_v is_same is_same_v is_signed_v is_trivially_copyable_v is_unsigned_v is_void_v make_signed_t "
       "make_unsigned_t remove_const_t remove_cv_t remove_cvref_t remove_pointer_t remove_reference_t true_type "
       "type_identity_t underlying_type_t void_t"},
      {"typeindex", "type_index type_info"},
      {"typeinfo", "type_info"},
      {"unordered_map", "unordered_map"},
      {"unordered_set", "unordered_set"},
      {"utility",
       "as_const cmp_less exchange in_place index_sequence index_sequence_for integer_sequence "
       "make_index_sequence unreachable"},
      {"variant", "get_if holds_alternative in_place_type monostate variant visit"},
      {"vector", "advance distance next prev vector"},
  };
  return table;
}

}  // namespace weft::testing
