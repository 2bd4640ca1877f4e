// A machine as it is configured: what the page-size rules are rules about. A value with a canonical text of
// one line, which is what a counterexample is and what a reproducer reads:
//
//     pseries-7.2 POWER8 max="64k" tcg backing=4k
//     pseries-2.12 POWER9 max=default kvm-hv backing=16m
//     pseries-7.2 POWER8 max="16m" kvm-pr backing=64k host=1t,slb=64,kernel=64k,sizes=12/0:12/0;16/110:16/1
//
// `host` is left out where the host is the usual one of the accelerator, and is not there with tcg, which
// asks nothing of a host. A migration is two of them: `SOURCE -> DESTINATION`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/machines/environment.h"

namespace hptck::machines {

enum class Processor : std::uint8_t { POWER7, POWER8, POWER9, POWER10 };
enum class Accelerator : std::uint8_t { tcg, kvm_hv, kvm_pr };
/// Up to pseries-2.12 the maximum follows the host unless it is given; from pseries-3.0 on it never does.
enum class Scheme : std::uint8_t { older, newer };

/// What KVM says of the host (KVM_PPC_GET_SMMU_INFO), and the host kernel's own page size.
struct Host {
  bool needs_contiguous = false;   ///< KVM_PPC_PAGE_SIZES_REAL: guest pages have to be contiguous in the host
  bool terabyte_segments = false;  ///< KVM_PPC_1T_SEGMENTS
  std::uint8_t slb_entries = 0;
  std::uint8_t kernel_shift = 16;  ///< log2 of bytes
  Environment sizes;               ///< what it can give a guest
  bool operator==(const Host&) const = default;
};
/// The host that Linux is, where it supports the accelerator. Of tcg: Host{}.
Host usual_host(Accelerator accelerator);

struct Configuration {
  std::string machine = "pseries-7.2";  ///< never the alias `pseries`, which means another one each year
  Processor processor = Processor::POWER8;
  std::optional<std::string> maximum;  ///< cap-hpt-max-page-size exactly as written; nothing: not given
  Accelerator accelerator = Accelerator::tcg;
  std::uint8_t backing_shift = 12;  ///< of the host pages behind the guest's memory, log2 of bytes
  Host host;                        ///< Host{} with tcg
  bool operator==(const Configuration&) const = default;
};

/// The machine type has to be pseries-MAJOR.MINOR, perhaps with a tag behind it (`pseries-2.12-sxxm`).
Scheme scheme_of(std::string_view machine);

/// How a maximum is written (ambiguity A20).
enum class Form : std::uint8_t {
  absent,
  size,       ///< decimal digits, and k, m or g in either case or nothing (bytes)
  unusual,    ///< another way to write a size, which an implementation may or may not know
  malformed,  ///< no size, or none below 2^64 bytes
};
struct Maximum {
  Form form;
  std::uint64_t bytes;  ///< 0 unless size or unusual
  bool operator==(const Maximum&) const = default;
};
Maximum maximum_in(const std::optional<std::string>& written);

std::string_view name_of(Processor processor);      ///< as -cpu has it
std::string_view name_of(Accelerator accelerator);  ///< tcg, kvm-hv, kvm-pr
/// `4k`, `64k`, `16m`, `1g`.
std::string size_text(std::uint8_t shift);

std::string text_of(const Configuration& configuration);
std::string text_of(const Configuration& source, const Configuration& destination);
/// Throw InputError with the name given, line and column.
Configuration parse_configuration(std::string_view text, std::string_view name = "configuration",
                                  std::size_t line = 1);
std::pair<Configuration, Configuration> parse_migration(std::string_view text,
                                                        std::string_view name = "migration",
                                                        std::size_t line = 1);

}  // namespace hptck::machines
