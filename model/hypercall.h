// A hypercall as the guest sees it: a token and nine argument registers in, a status and nine output
// registers back. Everything is a full 64-bit register; nothing is narrowed here, because how an
// implementation narrows its arguments is one of the things under test.
//
// A reboot is one more thing that a guest does, so it stands among the calls, under a token that no hypercall
// has: sequences of calls then hold it without being made of two kinds of thing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hptck {

/// Hypercall tokens (LoPAR, Hypervisor Call Functions). Not exhaustive: any 64-bit token can be issued.
namespace token {
inline constexpr std::uint64_t H_REMOVE = 0x04;
inline constexpr std::uint64_t H_ENTER = 0x08;
inline constexpr std::uint64_t H_READ = 0x0c;
inline constexpr std::uint64_t H_PROTECT = 0x18;
inline constexpr std::uint64_t H_BULK_REMOVE = 0x124;
inline constexpr std::uint64_t H_RESIZE_HPT_PREPARE = 0x36c;
inline constexpr std::uint64_t H_RESIZE_HPT_COMMIT = 0x370;
/// No hypercall (those have multiples of 4) but a reboot of the guest: the same partition, memory and
/// configuration go on. It has no arguments, and "H_SUCCESS" stands for the guest running again.
inline constexpr std::uint64_t reset = ~std::uint64_t{0};
}  // namespace token

/// Status values (LoPAR, Hypervisor Call Return Code Table), signed 64-bit as in r3.
namespace status {
inline constexpr std::int64_t H_SUCCESS = 0;
inline constexpr std::int64_t H_BUSY = 1;
inline constexpr std::int64_t H_CLOSED = 2;
inline constexpr std::int64_t H_NOT_AVAILABLE = 3;
inline constexpr std::int64_t H_LONG_BUSY_ORDER_1_MSEC = 9900;
inline constexpr std::int64_t H_LONG_BUSY_ORDER_10_MSEC = 9901;
inline constexpr std::int64_t H_LONG_BUSY_ORDER_100_MSEC = 9902;
inline constexpr std::int64_t H_LONG_BUSY_ORDER_1_SEC = 9903;
inline constexpr std::int64_t H_LONG_BUSY_ORDER_10_SEC = 9904;
inline constexpr std::int64_t H_LONG_BUSY_ORDER_100_SEC = 9905;
inline constexpr std::int64_t H_HARDWARE = -1;
inline constexpr std::int64_t H_FUNCTION = -2;
inline constexpr std::int64_t H_PRIVILEGE = -3;
inline constexpr std::int64_t H_PARAMETER = -4;
inline constexpr std::int64_t H_PTEG_FULL = -6;
inline constexpr std::int64_t H_NOT_FOUND = -7;
inline constexpr std::int64_t H_NO_MEM = -9;
inline constexpr std::int64_t H_AUTHORITY = -10;
inline constexpr std::int64_t H_RESOURCE = -16;
}  // namespace status

inline constexpr bool is_long_busy(std::int64_t code) {
  return code >= status::H_LONG_BUSY_ORDER_1_MSEC && code <= status::H_LONG_BUSY_ORDER_100_SEC;
}

/// Log base 2 of an HPT's size in bytes: 18 to 46 (LoPAR, H_RESIZE_HPT_PREPARE, Parameters).
inline constexpr unsigned min_shift = 18, max_shift = 46;

inline constexpr std::uint64_t H_EXACT = 1ull << (63 - 24);    ///< H_ENTER flag: this very slot or none.
inline constexpr std::uint64_t H_READ_4 = 1ull << (63 - 26);   ///< H_READ flag: four slots.
inline constexpr std::uint64_t H_AVPN = 1ull << (63 - 32);     ///< H_REMOVE, H_PROTECT: only this page's.
inline constexpr std::uint64_t H_ANDCOND = 1ull << (63 - 33);  ///< H_REMOVE: only without these bits.

/// H_BULK_REMOVE: the control byte of a translation specifier's high doubleword.
namespace bulk {
inline constexpr std::uint64_t type = 3ull << 62, request = 1ull << 62, response = 2ull << 62,
                               end = 3ull << 62;
inline constexpr std::uint64_t code = 3ull << 60, success = 0, not_found = 1ull << 60, parameter = 2ull << 60,
                               hardware = 3ull << 60;
inline constexpr std::uint64_t reference_change = 3ull << 58;  ///< R, then C, of what was removed
inline constexpr std::uint64_t andcond = 1ull << 56, avpn = 2ull << 56;
inline constexpr std::uint64_t ptex = (1ull << 56) - 1;
}  // namespace bulk

inline constexpr std::uint64_t HPTE_BOLTED = 0x10;  ///< doubleword 0
inline constexpr std::uint64_t HPTE_VALID = 0x1;    ///< doubleword 0

struct Call {
  std::uint64_t token = 0;
  std::array<std::uint64_t, 9> args{};  ///< r4 to r12
  bool operator==(const Call&) const = default;
};

struct Response {
  std::int64_t status = 0;             ///< r3
  std::array<std::uint64_t, 9> out{};  ///< r4 to r12; what a call does not define is not looked at
  bool operator==(const Response&) const = default;
};

inline Call prepare(std::uint64_t flags, std::uint64_t shift) {
  return {token::H_RESIZE_HPT_PREPARE, {flags, shift}};
}
inline Call commit(std::uint64_t flags, std::uint64_t shift) {
  return {token::H_RESIZE_HPT_COMMIT, {flags, shift}};
}
inline Call reset_guest() { return {token::reset, {}}; }
inline Call read_hpte(std::uint64_t ptex) { return {token::H_READ, {0, ptex}}; }

/// How many outputs a call defines at most; the registers beyond hold whatever was in them. 9 for a token
/// without a name here.
unsigned outputs_of(std::uint64_t token);
/// The response without what the call does not define.
Response defined_part(const Call& call, const Response& response);

/// "H_RESIZE_HPT_PREPARE", or "hcall 0x999" for a token without a name here.
std::string name_of_token(std::uint64_t token);
/// The inverse of name_of_token for named tokens.
std::optional<std::uint64_t> token_named(std::string_view name);
/// How many arguments the call is written with at least: 2 for the resize hypercalls.
unsigned arity_of(std::uint64_t token);

/// "H_SUCCESS", or the decimal number for a code without a name here.
std::string name_of_status(std::int64_t code);
/// The inverse of name_of_status, numbers included.
std::optional<std::int64_t> status_named(std::string_view name);

/// "H_RESIZE_HPT_PREPARE 0x0 0x13"
std::string to_string(const Call& call);
/// "H_SUCCESS", with outputs up to the last that is not zero: "H_SUCCESS 0x0 0x7"
std::string to_string(const Response& response);

}  // namespace hptck
