// The text of a configuration is read by hand: it is six words in a fixed order, and an error has to say
// where it is.
#include "model/machines/configuration.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "spec/catalogue.h"

namespace hptck::machines {
namespace {

constexpr std::array processors{Processor::POWER7, Processor::POWER8, Processor::POWER9, Processor::POWER10};
constexpr std::array accelerators{Accelerator::tcg, Accelerator::kvm_hv, Accelerator::kvm_pr};
constexpr std::string_view arrow = " -> ";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A number without a sign, all of the text.
std::optional<std::uint64_t> number_in(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The power of two that a suffix stands for.
std::optional<unsigned> suffix_shift(char suffix) {
  constexpr std::string_view suffixes = "bkmgtpe";
  const auto at = suffixes.find(lower(suffix));
  if (at == suffixes.npos) return std::nullopt;
  return static_cast<unsigned>(10 * at);
}
std::optional<std::uint64_t> scaled(std::uint64_t value, unsigned shift) {
  if (shift >= 64 || (shift > 0 && value >> (64 - shift) != 0)) return std::nullopt;
  return value << shift;
}

Maximum size(Form form, std::optional<std::uint64_t> bytes) {
  return bytes ? Maximum{form, *bytes} : Maximum{Form::malformed, 0};
}

struct MachineVersion {
  unsigned major, minor;
};
std::optional<MachineVersion> version_of(std::string_view machine) {
  constexpr std::string_view prefix = "pseries-";
  if (!machine.starts_with(prefix)) return std::nullopt;
  machine.remove_prefix(prefix.size());
  const auto dot = machine.find('.');
  if (dot == machine.npos) return std::nullopt;
  const auto tag = machine.find('-', dot);
  const auto major = number_in(machine.substr(0, dot));
  const auto minor = number_in(machine.substr(dot + 1, tag == machine.npos ? tag : tag - dot - 1));
  if (!major || !minor || *major > 99 || *minor > 99) return std::nullopt;
  if (tag != machine.npos && tag + 1 == machine.size()) return std::nullopt;
  return MachineVersion{static_cast<unsigned>(*major), static_cast<unsigned>(*minor)};
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string host_text(const Host& host) {
  std::string text;
  if (host.needs_contiguous) text += "contiguous,";
  if (host.terabyte_segments) text += "1t,";
  return text + fmt::format("slb={},kernel={},sizes={}", host.slb_entries, size_text(host.kernel_shift),
                            text_of(host.sizes));
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view name, std::size_t line, std::size_t column)
      : text_(text), name_(name), line_(line), column_(column) {}

  template <class All>
  typename All::value_type one_of(const All& all, std::string_view name, const char* what) const {
    for (const auto one : all)
      if (name_of(one) == name) return one;
    fail(start_, fmt::format("\"{}\" is not {}", name, what));
  }

  [[noreturn]] void fail(std::size_t at, const std::string& message) const {
    throw InputError(name_, line_, column_ + at, message);
  }

  Configuration read() {
    Configuration configuration;
    configuration.machine = std::string(word("a machine type"));
    if (!version_of(configuration.machine))
      fail(start_, fmt::format("\"{}\" is not of the form pseries-MAJOR.MINOR", configuration.machine));
    configuration.processor = one_of(processors, word("a CPU type"), "a CPU type");
    expect("max=");
    if (rest().starts_with("\""))
      configuration.maximum = quoted_text();
    else if (word("a maximum") != "default")
      fail(start_, "max= is neither default nor a text in quotes");
    configuration.accelerator = one_of(accelerators, word("an accelerator"), "an accelerator");
    expect("backing=");
    configuration.backing_shift = shift_of(word("a page size"));
    configuration.host = usual_host(configuration.accelerator);
    if (at_ < text_.size()) {
      expect("host=");
      if (configuration.accelerator == Accelerator::tcg) fail(start_, "tcg asks nothing of a host");
      configuration.host = host();
    }
    if (at_ < text_.size()) fail(at_, "nothing may follow");
    return configuration;
  }

 private:
  std::string_view rest() const { return text_.substr(std::min(at_, text_.size())); }

  // Up to the next blank, which goes too.
  std::string_view word(const char* what) {
    start_ = at_;
    if (rest().empty()) fail(at_, fmt::format("{} is missing", what));
    const auto found = rest().substr(0, rest().find(' '));
    if (found.empty()) fail(at_, fmt::format("{} is missing", what));
    at_ += found.size() + 1;
    if (at_ == text_.size()) fail(at_ - 1, "a blank at the end");
    return found;
  }
  void expect(std::string_view prefix) {
    start_ = at_;
    if (!rest().starts_with(prefix)) fail(at_, fmt::format("\"{}\" is missing", prefix));
    at_ += prefix.size();
  }

  std::string quoted_text() {
    std::string out;
    const auto begin = at_++;
    for (;; ++at_) {
      if (at_ >= text_.size()) fail(begin, "a quote that does not end");
      const char c = text_[at_];
      if (c == '"') break;
      if (c != '\\') {
        out += c;
        continue;
      }
      const auto escaped = text_.substr(at_ + 1, 1);
      if (escaped == "\\" || escaped == "\"") {
        out += escaped;
        ++at_;
      } else if (const auto byte = number_in(text_.substr(std::min(at_ + 2, text_.size()), 2), 16);
                 escaped == "x" && byte) {
        out += static_cast<char>(*byte);
        at_ += 3;
      } else {
        fail(at_, "an escape is \\\\, \\\" or \\xNN");
      }
    }
    ++at_;
    if (rest().starts_with(" ") || rest().empty())
      ++at_;
    else
      fail(at_, "a blank is missing");
    return out;
  }

  std::uint8_t shift_of(std::string_view text) const {
    for (std::uint8_t shift = 12; shift < 50; ++shift)
      if (size_text(shift) == text) return shift;
    fail(start_, fmt::format("\"{}\" is not a page size", text));
  }
  std::uint32_t cell(std::string_view text, int base) const {
    const auto value = number_in(text, base);
    if (!value || *value > 0xffffffff) fail(start_, fmt::format("\"{}\" is not a number", text));
    return static_cast<std::uint32_t>(*value);
  }

  // The text up to the separator, which goes too; all that is left if there is none.
  static std::string_view piece(std::string_view& text, char separator) {
    const auto at = text.find(separator);
    const auto found = text.substr(0, at);
    text = at == text.npos ? std::string_view{} : text.substr(at + 1);
    return found;
  }

  Host host() {
    Host host;
    auto text = word("a host");
    const auto flag = [&](std::string_view name) {
      const bool there = text.starts_with(name);
      if (there) text.remove_prefix(name.size());
      return there;
    };
    host.needs_contiguous = flag("contiguous,");
    host.terabyte_segments = flag("1t,");
    if (!flag("slb=")) fail(start_, "the host's slb= is missing");
    const auto entries = cell(piece(text, ','), 10);
    if (entries > 255) fail(start_, "more than 255 SLB entries");
    host.slb_entries = static_cast<std::uint8_t>(entries);
    if (!flag("kernel=")) fail(start_, "the host's kernel= is missing");
    host.kernel_shift = shift_of(piece(text, ','));
    if (!flag("sizes=")) fail(start_, "the host's sizes= is missing");
    if (text == "none") return host;
    while (!text.empty()) {
      auto descriptor = piece(text, ';');
      auto header = piece(descriptor, ':');
      const auto shift = cell(piece(header, '/'), 10);
      SegmentPageSizes segment{shift, cell(header, 16), {}};
      while (!descriptor.empty()) {
        auto pair = piece(descriptor, '+');
        const auto page = cell(piece(pair, '/'), 10);
        segment.sizes.push_back({page, cell(pair, 16)});
      }
      host.sizes.segments.push_back(std::move(segment));
    }
    return host;
  }

  std::string_view text_, name_;
  std::size_t line_, column_;
  std::size_t at_ = 0, start_ = 0;
};

}  // namespace

Host usual_host(Accelerator accelerator) {
  const SegmentPageSizes small{12, 0x000, {{12, 0x00}}}, medium{16, 0x110, {{16, 0x01}}},
      large{24, 0x100, {{24, 0x00}}};
  switch (accelerator) {
    case Accelerator::kvm_hv: {
      // One size a segment, and 16 MiB in the smaller ones.
      Environment sizes{{small, medium, large}};
      sizes.segments[0].sizes.push_back({24, 0x38});
      sizes.segments[1].sizes.push_back({24, 0x08});
      return {true, true, 32, 16, sizes};
    }
    case Accelerator::kvm_pr:
      return {false, true, 64, 16, Environment{{small, medium, large}}};
    default:
      return {};
  }
}

Scheme scheme_of(std::string_view machine) {
  const auto version = version_of(machine);
  return version && version->major < 3 ? Scheme::older : Scheme::newer;
}

Maximum maximum_in(const std::optional<std::string>& written) {
  if (!written) return {Form::absent, 0};
  std::string_view text = *written;
  const auto digits = [&] {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    return count;
  };
  const auto plain = digits();
  if (plain > 0 && (plain == 1 || text[0] != '0')) {
    const auto rest = text.substr(plain);
    if (rest.empty() || (rest.size() == 1 && std::string_view("kKmMgG").find(rest[0]) != rest.npos)) {
      const auto number = number_in(text.substr(0, plain));
      return size(Form::size, number ? scaled(*number, rest.empty() ? 0 : *suffix_shift(rest[0])) : number);
    }
  }
  // Unusual: what stands round the number goes first.
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with("0x") || text.starts_with("0X"))
    return size(Form::unusual, number_in(text.substr(2), 16));
  const auto whole = digits();
  const auto number = text.substr(0, whole);
  auto rest = text.substr(whole);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    text = rest.substr(1);
    fraction = text.substr(0, digits());
    rest = text.substr(fraction.size());
  }
  if (number.empty() && fraction.empty()) return {Form::malformed, 0};
  unsigned shift = 0;
  if (!rest.empty()) {
    const auto found = suffix_shift(rest[0]);
    const auto unit = rest.substr(1);
    if (!found || !(unit.empty() || unit == "b" || unit == "B" || unit == "iB" || unit == "ib"))
      return {Form::malformed, 0};
    if (!unit.empty() && lower(rest[0]) == 'b') return {Form::malformed, 0};
    shift = *found;
  }
  const auto value = number.empty() ? std::optional<std::uint64_t>(0) : number_in(number);
  auto bytes = value ? scaled(*value, shift) : value;
  if (bytes && !fraction.empty()) {
    // A part of a byte is dropped; so much of a fraction as a double does not hold makes no power of two.
    const auto part = std::stod("0." + std::string(fraction)) * std::ldexp(1.0, static_cast<int>(shift));
    const auto added = static_cast<std::uint64_t>(part);
    bytes = *bytes + added < *bytes ? std::nullopt : std::optional(*bytes + added);
  }
  return size(Form::unusual, bytes);
}

std::string_view name_of(Processor processor) {
  constexpr std::string_view names[] = {"POWER7", "POWER8", "POWER9", "POWER10"};
  return names[static_cast<int>(processor)];
}
std::string_view name_of(Accelerator accelerator) {
  constexpr std::string_view names[] = {"tcg", "kvm-hv", "kvm-pr"};
  return names[static_cast<int>(accelerator)];
}

std::string size_text(std::uint8_t shift) {
  constexpr std::string_view suffixes[] = {"", "k", "m", "g", "t", "p", "e"};
  return fmt::format("{}{}", 1u << (shift % 10), suffixes[shift / 10]);
}

std::string text_of(const Configuration& c) {
  auto text = fmt::format("{} {} max={} {} backing={}", c.machine, name_of(c.processor),
                          c.maximum ? quoted(*c.maximum) : "default", name_of(c.accelerator),
                          size_text(c.backing_shift));
  if (c.accelerator != Accelerator::tcg && c.host != usual_host(c.accelerator))
    text += " host=" + host_text(c.host);
  return text;
}
std::string text_of(const Configuration& source, const Configuration& destination) {
  return text_of(source) + std::string(arrow) + text_of(destination);
}

Configuration parse_configuration(std::string_view text, std::string_view name, std::size_t line) {
  return Reader(text, name, line, 1).read();
}

std::pair<Configuration, Configuration> parse_migration(std::string_view text, std::string_view name,
                                                        std::size_t line) {
  // An arrow within the quotes of a maximum is none.
  bool inside = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (inside && text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      inside = !inside;
    else if (!inside && text.substr(at).starts_with(arrow))
      return {Reader(text.substr(0, at), name, line, 1).read(),
              Reader(text.substr(at + arrow.size()), name, line, at + arrow.size() + 1).read()};
  }
  throw InputError(name, line, 1, "\" -> \" is missing");
}

}  // namespace hptck::machines
