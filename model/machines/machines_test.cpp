// The page-size rules refuse and advertise what the series and LoPAR say, written out here from the text;
// each deviation has a smallest configuration that shows it; and a configuration's text is its value.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "model/hypercall.h"
#include "model/machines/judge.h"
#include "model/machines/space.h"
#include "spec/catalogue.h"

namespace hptck::machines {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using C = Clause;

Configuration with(const std::string& line) { return parse_configuration(line); }
Configuration usual(const std::optional<std::string>& maximum = std::nullopt) {
  Configuration configuration;
  configuration.maximum = maximum;
  return configuration;
}

// --- Text.

TEST(Configuration, text_is_read_back_as_it_was_written) {
  std::size_t count = 0;
  small_space().for_each([&](const Configuration& one) {
    ++count;
    ASSERT_EQ(parse_configuration(text_of(one)), one) << text_of(one);
  });
  EXPECT_EQ(count, small_space().size());
  for (const auto& maximum : whole_space().maxima)
    EXPECT_EQ(with(text_of(usual(maximum))), usual(maximum)) << text_of(usual(maximum));
  const auto odd = usual("a -> \"b\\\n");
  EXPECT_EQ(text_of(odd), "pseries-7.2 POWER8 max=\"a -> \\\"b\\\\\\x0a\" tcg backing=4k");
  EXPECT_EQ(parse_migration(text_of(odd, usual("4k"))), std::pair(odd, usual("4k")));
}

std::string refusal(const std::string& line) {
  try {
    parse_configuration(line, "c", 3);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Configuration, an_error_says_where_it_is) {
  EXPECT_EQ(refusal("pseries-7.2 POWER8 max=default tcg backing=4k"), "accepted");
  EXPECT_EQ(refusal("pseries POWER8 max=default tcg backing=4k"),
            "c:3:1: \"pseries\" is not of the form pseries-MAJOR.MINOR");
  EXPECT_EQ(refusal("pseries-7.2 POWER6 max=default tcg backing=4k"), "c:3:13: \"POWER6\" is not a CPU type");
  EXPECT_EQ(refusal("pseries-7.2 POWER8 max=64k tcg backing=4k"),
            "c:3:24: max= is neither default nor a text in quotes");
  EXPECT_EQ(refusal("pseries-7.2 POWER8 max=\"64k tcg backing=4k"), "c:3:24: a quote that does not end");
  EXPECT_EQ(refusal("pseries-7.2 POWER8 max=\"\\q\" tcg backing=4k"),
            "c:3:25: an escape is \\\\, \\\" or \\xNN");
  EXPECT_EQ(refusal("pseries-7.2 POWER8 max=default xen backing=4k"),
            "c:3:32: \"xen\" is not an accelerator");
  EXPECT_EQ(refusal("pseries-7.2 POWER8 max=default tcg backing=5k"), "c:3:44: \"5k\" is not a page size");
  EXPECT_EQ(refusal("pseries-7.2 POWER8 max=default tcg"), "c:3:36: \"backing=\" is missing");
  EXPECT_EQ(refusal("pseries-7.2 POWER8 max=default tcg backing=4k host=1t"),
            "c:3:47: tcg asks nothing of a host");
  EXPECT_EQ(refusal("pseries-7.2 POWER8 max=default kvm-pr backing=4k host=1t,slb=x,kernel=4k,sizes=none"),
            "c:3:55: \"x\" is not a number");
  EXPECT_EQ(refusal("pseries-7.2 POWER8 max=default tcg backing=4k "), "c:3:46: a blank at the end");
  EXPECT_EQ(refusal(""), "c:3:1: a machine type is missing");
  EXPECT_THROW(parse_migration("pseries-7.2 POWER8 max=default tcg backing=4k"), InputError);
}

TEST(Maximum, is_read_as_a_size_in_four_ways_of_being_written) {
  const auto size = [](std::uint64_t bytes) { return Maximum{Form::size, bytes}; };
  const auto unusual = [](std::uint64_t bytes) { return Maximum{Form::unusual, bytes}; };
  const Maximum malformed{Form::malformed, 0};
  EXPECT_EQ(maximum_in(std::nullopt), (Maximum{Form::absent, 0}));
  EXPECT_EQ(maximum_in("64k"), size(65536));
  EXPECT_EQ(maximum_in("64K"), size(65536));
  EXPECT_EQ(maximum_in("16m"), size(1 << 24));
  EXPECT_EQ(maximum_in("16G"), size(std::uint64_t{1} << 34));
  EXPECT_EQ(maximum_in("65536"), size(65536));
  EXPECT_EQ(maximum_in("0"), size(0));
  EXPECT_EQ(maximum_in("8589934592g"), size(std::uint64_t{1} << 63));
  EXPECT_EQ(maximum_in("17179869184g"), malformed);  // 2^64
  EXPECT_EQ(maximum_in("18446744073709551616"), malformed);
  EXPECT_EQ(maximum_in("0x10000"), unusual(65536));
  EXPECT_EQ(maximum_in(" 64k"), unusual(65536));
  EXPECT_EQ(maximum_in("+64k"), unusual(65536));
  EXPECT_EQ(maximum_in("64KiB"), unusual(65536));
  EXPECT_EQ(maximum_in("0.5m"), unusual(1 << 19));
  EXPECT_EQ(maximum_in("1.5k"), unusual(1536));
  EXPECT_EQ(maximum_in("1t"), unusual(std::uint64_t{1} << 40));
  EXPECT_EQ(maximum_in("16e"), malformed);
  for (const auto* text : {"", " ", "k", "abc", "-1", "64kk", "64 k", "64k,", "0x", ".", "64bb"})
    EXPECT_EQ(maximum_in(text), malformed) << text;
}

TEST(Environment, cells_that_are_no_descriptors_are_refused) {
  const auto fault = [](std::vector<std::uint32_t> cells) { return environment_in(cells).fault; };
  EXPECT_EQ(fault({12, 0, 1, 12, 0}), "");
  EXPECT_THAT(fault({}), HasSubstr("there is no"));
  EXPECT_THAT(fault({12, 0, 1, 12, 0, 16}), HasSubstr("left over"));
  EXPECT_THAT(fault({12, 0, 2, 12, 0}), HasSubstr("promises 2 pairs"));
  EXPECT_THAT(fault({12, 0, 0xffffffff, 12, 0}), HasSubstr("promises"));
  EXPECT_THAT(fault({12, 0, 0}), HasSubstr("no page sizes"));
  EXPECT_THAT(fault({12, 0, 1, 12, 0, 12, 0, 1, 12, 0}), HasSubstr("twice"));
}

// --- What the text says of configurations. Facts of the series, and of Linux's hosts.

const std::string small = "12/0:12/0", medium = small + ";16/110:16/1",
                  large = "12/0:12/0+24/38;16/110:16/1+24/8;24/100:24/0", huge = large + ";34/120:34/3";

std::string shown(const Configuration& configuration) {
  const auto outcome = outcome_of(configuration);
  if (!outcome.may_start) return std::string(id_of(*outcome.refused_by));
  return (outcome.may_refuse ? "perhaps " : "") + std::string(outcome.warned ? "warned " : "") +
         text_of(outcome.environment);
}

TEST(Configurations, with_tcg_the_maximum_alone_decides) {
  for (const auto* processor : {"POWER7", "POWER8", "POWER9", "POWER10"}) {
    for (const auto* backing : {"4k", "64k", "16m", "1g"}) {
      const auto of = [&](const std::string& maximum, const std::string& machine = "pseries-7.2") {
        return shown(with(machine + " " + processor + " max=" + maximum + " tcg backing=" + backing));
      };
      EXPECT_EQ(of("default"), medium);
      EXPECT_EQ(of("default", "pseries-3.0"), medium);
      EXPECT_EQ(of("default", "pseries-2.12"), huge);
      EXPECT_EQ(of("default", "pseries-2.12-sxxm"), huge);
      EXPECT_EQ(of("\"64k\"", "pseries-2.1"), medium);
      EXPECT_EQ(of("\"4k\""), "warned " + small);
      EXPECT_EQ(of("\"32k\""), "warned " + small);
      EXPECT_EQ(of("\"64K\""), medium);
      EXPECT_EQ(of("\"1m\""), medium);
      EXPECT_EQ(of("\"8m\""), medium);
      EXPECT_EQ(of("\"16m\""), large);
      EXPECT_EQ(of("\"8g\""), large);
      EXPECT_EQ(of("\"16g\""), huge);
      EXPECT_EQ(of("\"1t\""), "perhaps " + huge);
      EXPECT_EQ(of("\"0x10000\""), "perhaps " + medium);
      EXPECT_EQ(of("\"2k\""), "option.minimum");
      EXPECT_EQ(of("\"1\""), "option.minimum");
      EXPECT_EQ(of("\"0\""), "option.power_of_two");
      EXPECT_EQ(of("\"65537\""), "option.power_of_two");
      EXPECT_EQ(of("\"abc\""), "option.form");
      EXPECT_EQ(of("\"\""), "option.form");
      EXPECT_EQ(of("\"0x3000\""), "option.spelling");
    }
  }
}

TEST(Configurations, with_kvm_hv_the_backing_has_to_be_as_large_as_the_maximum) {
  const auto of = [](const std::string& text) { return shown(with("pseries-7.2 POWER8 " + text)); };
  EXPECT_EQ(of("max=default kvm-hv backing=4k"), "host.backing");
  EXPECT_EQ(of("max=default kvm-hv backing=64k"), medium);
  EXPECT_EQ(of("max=\"4k\" kvm-hv backing=4k"), "warned " + small);
  EXPECT_EQ(of("max=\"16m\" kvm-hv backing=64k"), "host.backing");
  EXPECT_EQ(of("max=\"16m\" kvm-hv backing=16m"), large);
  EXPECT_EQ(of("max=\"16m\" kvm-hv backing=1g"), large);
  EXPECT_EQ(of("max=default kvm-hv backing=1g"), medium);
  // Linux offers no 16 GiB segments.
  EXPECT_EQ(of("max=\"16g\" kvm-hv backing=16g"), "host.page_sizes");
  const std::string sizes = "sizes=" + large;
  EXPECT_EQ(of("max=default kvm-hv backing=64k host=contiguous,slb=32,kernel=64k," + sizes), "host.segments");
  EXPECT_EQ(of("max=default kvm-hv backing=64k host=contiguous,1t,slb=31,kernel=64k," + sizes),
            "host.segments");
  EXPECT_EQ(of("max=default kvm-hv backing=16m host=contiguous,1t,slb=32,kernel=4k," + sizes),
            "perhaps " + medium);
  EXPECT_EQ(of("max=default kvm-hv backing=64k host=contiguous,1t,slb=32,kernel=64k,sizes=12/0:12/0"),
            "host.page_sizes");
  // The right sizes with other encodings are not the right sizes.
  EXPECT_EQ(
      of("max=default kvm-hv backing=64k host=contiguous,1t,slb=32,kernel=64k,sizes=12/0:12/0;16/10:16/1"),
      "host.page_sizes");
}

TEST(Configurations, with_kvm_pr_the_backing_does_not_matter_and_16m_pages_are_not_to_be_had) {
  const auto of = [](const std::string& text) { return shown(with("pseries-7.2 POWER8 " + text)); };
  EXPECT_EQ(of("max=default kvm-pr backing=4k"), medium);
  EXPECT_EQ(of("max=\"16m\" kvm-pr backing=16m"), "host.page_sizes");
}

TEST(Configurations, older_machine_types_follow_the_backing_where_the_host_needs_contiguous_pages) {
  const auto of = [](const std::string& text) { return shown(with("pseries-2.12 POWER8 " + text)); };
  EXPECT_EQ(of("max=default kvm-hv backing=64k"), medium);
  EXPECT_EQ(of("max=default kvm-hv backing=16m"), large);
  EXPECT_EQ(of("max=default kvm-hv backing=4k"), "warned " + small);
  EXPECT_EQ(of("max=\"64k\" kvm-hv backing=4k"), "host.backing");
  EXPECT_EQ(of("max=default kvm-pr backing=64k"), "host.page_sizes");
}

TEST(Migrations, a_destination_refuses_what_it_could_not_go_on_with) {
  const auto of = [](const std::string& text) {
    const auto [source, destination] = parse_migration(text);
    const auto outcome = migration_of(source, destination);
    return std::string(outcome.may_accept ? "accepts" : "") + (outcome.may_refuse ? "|" : "") +
           (outcome.refused_by ? std::string(id_of(*outcome.refused_by)) : "");
  };
  const auto both_of = [&](const std::string& source, const std::string& destination) {
    const auto machine = [](const std::string& max) {
      return "pseries-7.2 POWER8 max=" + max + " tcg backing=4k";
    };
    return of(machine(source) + " -> " + machine(destination));
  };
  EXPECT_EQ(both_of("default", "default"), "accepts");
  EXPECT_EQ(both_of("default", "\"64k\""), "accepts");
  EXPECT_EQ(both_of("\"16m\"", "default"), "|migration.loses");
  EXPECT_EQ(both_of("default", "\"16m\""), "accepts|migration.differs");
  EXPECT_EQ(both_of("\"1m\"", "default"), "accepts|migration.differs");  // the same page sizes
  EXPECT_EQ(
      of("pseries-7.2 POWER8 max=default tcg backing=4k -> pseries-7.2 POWER8 max=default tcg backing=16m"),
      "accepts");
  EXPECT_EQ(
      of("pseries-7.2 POWER8 max=default tcg backing=4k -> pseries-7.2 POWER9 max=default tcg backing=4k"),
      "accepts|migration.definition");
  EXPECT_EQ(
      of("pseries-2.12 POWER8 max=default tcg backing=4k -> pseries-2.12 POWER8 max=\"64k\" tcg backing=4k"),
      "accepts|migration.older");
}

// --- Judging what was seen, written by hand.

Observation running(std::vector<std::uint32_t> cells, std::string messages = "") {
  Observation seen;
  seen.started = true;
  seen.messages = std::move(messages);
  seen.property = std::move(cells);
  return seen;
}
Observation ended(std::optional<int> status, std::string messages) {
  Observation seen;
  seen.exit_status = status;
  seen.messages = std::move(messages);
  return seen;
}
std::vector<std::string> broken(const Findings& findings) {
  std::vector<std::string> ids;
  for (const auto& finding : findings)
    if (finding.violated) ids.emplace_back(id_of(finding.clause));
  return ids;
}
std::vector<std::uint32_t> medium_cells() { return {12, 0, 1, 12, 0, 16, 0x110, 1, 16, 1}; }

TEST(Judge, holds_each_part_of_the_property_against_its_own_clause) {
  const auto of = [](std::vector<std::uint32_t> cells, const std::string& maximum = "64k") {
    return broken(judge(usual(maximum), running(std::move(cells))));
  };
  EXPECT_THAT(of(medium_cells()), IsEmpty());
  EXPECT_THAT(of({16, 0x110, 1, 16, 1, 12, 0, 1, 12, 0}), IsEmpty());  // in any order
  EXPECT_THAT(of({12, 0, 1, 12, 0}), ElementsAre("sizes.processor"));
  EXPECT_THAT(of({12, 0, 1, 12, 0, 16, 0x10, 1, 16, 1}), ElementsAre("sizes.slb"));
  EXPECT_THAT(of({12, 0, 1, 12, 0, 16, 0x110, 1, 16, 7}), ElementsAre("sizes.encoding"));
  EXPECT_THAT(of({12, 0, 2, 12, 0, 16, 7, 16, 0x110, 1, 16, 1}), ElementsAre("sizes.mixed"));
  EXPECT_THAT(of({12, 0, 2, 12, 0, 24, 0x38, 16, 0x110, 1, 16, 1}), ElementsAre("sizes.maximum"));
  EXPECT_THAT(of({12, 0, 1, 12, 0, 16, 0x110, 1, 16, 1, 20, 0x130, 1, 20, 2}),
              ElementsAre("sizes.processor"));
  EXPECT_THAT(of({12, 0, 1, 12, 0, 16, 0x110}), ElementsAre("sizes.property"));
  EXPECT_THAT(of({}), ElementsAre("sizes.property"));
  const auto on_kvm = with("pseries-7.2 POWER8 max=default kvm-hv backing=64k");
  EXPECT_THAT(broken(judge(on_kvm, running({12, 0, 1, 12, 0}))), ElementsAre("sizes.same"));
}

TEST(Judge, a_refusal_says_why_and_a_small_maximum_is_warned_of) {
  EXPECT_THAT(broken(judge(usual("2k"), ended(1, "too small"))), IsEmpty());
  EXPECT_THAT(broken(judge(usual("2k"), ended(0, "too small"))), ElementsAre("machine.refusal"));
  EXPECT_THAT(broken(judge(usual("2k"), ended(1, " \n"))), ElementsAre("machine.refusal"));
  EXPECT_THAT(broken(judge(usual("2k"), ended(std::nullopt, "aborted"))), ElementsAre("machine.refusal"));
  EXPECT_THAT(broken(judge(usual("2k"), running({}))), ElementsAre("option.minimum"));
  EXPECT_THAT(broken(judge(usual("64k"), ended(1, "no"))), ElementsAre("machine.starts"));
  const std::vector<std::uint32_t> cells{12, 0, 1, 12, 0};
  EXPECT_THAT(broken(judge(usual("4k"), running(cells, "q: warning: at least 64kiB hpt-max-page-size\n"))),
              IsEmpty());
  EXPECT_THAT(broken(judge(usual("4k"), running(cells, "warning: cap-cfpc\nhpt-max-page-size\n"))),
              ElementsAre("option.warning"));
}

TEST(Judge, h_enter_is_held_against_what_was_advertised) {
  const auto of = [](PageEncoding encoding, std::int64_t status, const std::string& maximum = "64k",
                     std::uint64_t memory = 1 << 29) {
    Observation seen;
    seen.started = true;
    seen.memory_bytes = memory;
    seen.enter = {{encoding, status}};
    return broken(judge(usual(maximum), seen));
  };
  using namespace status;
  EXPECT_THAT(of({false, 0}, H_SUCCESS), IsEmpty());
  EXPECT_THAT(of({false, 0}, H_PARAMETER), ElementsAre("enter_size.accepted"));
  EXPECT_THAT(of({true, 0x01}, H_SUCCESS), IsEmpty());
  EXPECT_THAT(of({true, 0xf1}, H_PARAMETER), ElementsAre("enter_size.accepted"));
  EXPECT_THAT(of({true, 0x38}, H_SUCCESS), ElementsAre("enter_size.refused"));
  EXPECT_THAT(of({true, 0x38}, H_PARAMETER), IsEmpty());
  EXPECT_THAT(of({true, 0x38}, H_NOT_FOUND), ElementsAre("enter_size.refused"));
  EXPECT_THAT(of({true, 0x38}, H_SUCCESS, "16m"), IsEmpty());
  EXPECT_THAT(of({true, 0x07}, H_SUCCESS, "16g"), ElementsAre("enter_size.refused"));
  EXPECT_THAT(of({true, 0x03}, H_PARAMETER, "16g"), IsEmpty());  // larger than the memory
  EXPECT_THAT(of({true, 0x03}, H_PARAMETER, "16g", std::uint64_t{1} << 34),
              ElementsAre("enter_size.accepted"));
  EXPECT_THAT(of({true, 0x03}, H_HARDWARE, "4k"), Contains("option.warning"));
  // A page size that is wrongly advertised is one mistake, also where H_ENTER takes it.
  auto seen = running({12, 0, 2, 12, 0, 24, 0x38, 16, 0x110, 1, 16, 1});
  seen.enter = {{{true, 0x38}, H_SUCCESS}};
  EXPECT_THAT(broken(judge(usual("64k"), seen)), ElementsAre("sizes.maximum"));
}

// --- Deviations.

std::vector<Deviation> deviations() {
  std::vector<Deviation> all;
  for (int i = 0; i < deviation_count; ++i)
    if (is_of_configurations(static_cast<Deviation>(i))) all.push_back(static_cast<Deviation>(i));
  return all;
}

class PageSizeDeviation : public testing::TestWithParam<Deviation> {};

TEST_P(PageSizeDeviation, has_a_smallest_exhibit_on_its_clause_and_is_diagnosed) {
  const auto deviation = GetParam();
  const auto exhibit = smallest_exhibit(deviation);
  ASSERT_TRUE(exhibit);
  Case one{exhibit->configuration, exhibit->destination, {}, {}};
  const auto line =
      exhibit->destination ? text_of(one.configuration, *one.destination) : text_of(one.configuration);
  RecordProperty("exhibit", line);
  const auto encodings = every_page_encoding();
  if (one.destination)
    one.migrated = predicted(one.configuration, *one.destination, {deviation}, encodings);
  else
    one.seen = predicted(one.configuration, {deviation}, encodings);
  EXPECT_THAT(broken(judge(one)), Contains(id_of(shown_at(deviation)))) << line;
  EXPECT_FALSE(violates(judge(one, {deviation}))) << line;
  EXPECT_THAT(diagnose({&one, 1}), Contains(Deviations{deviation})) << line;
}

INSTANTIATE_TEST_SUITE_P(All, PageSizeDeviation, testing::ValuesIn(deviations()),
                         [](const auto& parameter) { return std::string(id_of(parameter.param)); });

TEST(PageSizeDeviations, are_enough) { EXPECT_GE(deviations().size(), 25u); }

TEST(PageSizeDiagnosis, of_what_conforms_is_nothing_and_of_two_mistakes_is_both) {
  const auto encodings = every_page_encoding();
  const Deviations wrong{Deviation::sizes_slb_without_l, Deviation::option_minimum_unchecked};
  std::vector<Case> right, cases;
  for (const auto* maximum : {"64k", "2k", "16m"}) {
    right.push_back({usual(maximum), std::nullopt, predicted(usual(maximum), {}, encodings), {}});
    cases.push_back({usual(maximum), std::nullopt, predicted(usual(maximum), wrong, encodings), {}});
  }
  EXPECT_THAT(diagnose(right), ElementsAre(Deviations{}));
  EXPECT_THAT(diagnose(cases), Contains(wrong));
  EXPECT_THAT(diagnose(cases, 1), IsEmpty());
}

}  // namespace
}  // namespace hptck::machines
