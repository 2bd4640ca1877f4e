// The parts of the adapter that need no QEMU to be tested.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libfdt.h>

#include <CLI/CLI.hpp>
#include <cstring>

#include "conformance/adapters/qemu/device_tree.h"
#include "conformance/adapters/qemu/guest_images.h"
#include "conformance/adapters/qemu/machine.h"
#include "conformance/adapters/qemu/qemu_adapter.h"

namespace hptck {
namespace {

TEST(RamBytes, are_counted_as_qemu_counts_them) {
  EXPECT_EQ(ram_bytes("256M"), 256u << 20);
  EXPECT_EQ(ram_bytes("512"), 512u << 20);
  EXPECT_EQ(ram_bytes("1g"), 1u << 30);
  EXPECT_EQ(ram_bytes("size=1G,slots=2,maxmem=4G"), 1u << 30);
  EXPECT_EQ(ram_bytes("8589934592B"), 8ull << 30);
}

TEST(RamBytes, nonsense_has_none) {
  for (const char* text :
       {"", "0", "M", "-1", "1X", "1MB", "1.5G", "much", "size=", "16E", "99999999999999999999"}) {
    EXPECT_EQ(ram_bytes(text), std::nullopt) << text;
  }
}

int parse(std::vector<std::string> arguments) {
  const auto choice = qemu_adapter();
  CLI::App app;
  choice.add_options(app);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code();
  }
  return choice.make() != nullptr ? 0 : -1;
}

TEST(Options, defaults_and_good_values_are_taken) {
  EXPECT_EQ(parse({}), 0);
  EXPECT_EQ(parse({"--qemu", "/opt/qemu", "--machine", "pseries-6.0,cap-htm=off", "--cpu", "POWER9",
                   "--memory", "1G,slots=2,maxmem=2G", "--resize-hpt", "required", "--deadline-ms", "500"}),
            0);
}

TEST(Options, bad_values_are_refused_before_anything_starts) {
  EXPECT_NE(parse({"--memory", "much"}), 0);
  EXPECT_NE(parse({"--resize-hpt", "maybe"}), 0);
  EXPECT_NE(parse({"--deadline-ms", "0"}), 0);
  EXPECT_NE(parse({"--machine", "pseries,resize-hpt=disabled"}), 0);
  EXPECT_NE(parse({"--machine", "pseries,memory-backend=mine"}), 0);
}

TEST(Quoted, a_shell_would_read_the_same_words) {
  EXPECT_EQ(quoted({"a", "b c", "", "it's", "x=1,y"}), "a 'b c' '' 'it'\\''s' x=1,y");
}

TEST(AgentImage, is_small_and_clear_of_the_mailbox) {
  EXPECT_LT(qemu::agent_image().size(), HPTCK_VECTORS_END + 1024u);
  EXPECT_LT(qemu::nothing_image().size(), 1024u);
}

struct FakeRam {
  std::vector<std::uint64_t> words =
      std::vector<std::uint64_t>((HPTCK_MAILBOX_ADDRESS + HPTCK_MAILBOX_SIZE) / 8);
  std::span<unsigned char> bytes() {
    return {reinterpret_cast<unsigned char*>(words.data()), words.size() * 8};
  }
  // As the guest sees it: big-endian.
  void put(std::size_t offset, std::uint64_t value) {
    for (int byte = 0; byte < 8; ++byte) {
      bytes()[HPTCK_MAILBOX_ADDRESS + offset + byte] = static_cast<unsigned char>(value >> (56 - 8 * byte));
    }
  }
  std::uint64_t get(std::size_t offset) {
    std::uint64_t value = 0;
    for (int byte = 0; byte < 8; ++byte) value = value << 8 | bytes()[HPTCK_MAILBOX_ADDRESS + offset + byte];
    return value;
  }
};

TEST(Mailbox, calls_are_big_endian_registers) {
  FakeRam ram;
  qemu::Mailbox mailbox(ram.bytes());
  const Call calls[] = {prepare(0, 1), {0x0102030405060708, {1, 2, 3, 4, 5, 6, 7, 8, 9}}};
  mailbox.post(calls, 1, 42);
  EXPECT_EQ(ram.get(HPTCK_MAILBOX_TICKET), 42u);
  EXPECT_EQ(ram.get(HPTCK_MAILBOX_COUNT), 2u);
  EXPECT_EQ(ram.get(HPTCK_MAILBOX_REQUESTS + HPTCK_REQUEST_SIZE), 0x0102030405060708u);
  EXPECT_EQ(ram.get(HPTCK_MAILBOX_REQUESTS + HPTCK_REQUEST_SIZE + 72), 9u);
  EXPECT_TRUE(mailbox.holds(calls));
  ram.put(HPTCK_MAILBOX_REQUESTS + HPTCK_REQUEST_SIZE + 72, 10);
  EXPECT_FALSE(mailbox.holds(calls));
}

TEST(Mailbox, response_counts_only_with_its_check) {
  FakeRam ram;
  const qemu::Mailbox mailbox(ram.bytes());
  constexpr auto second = HPTCK_MAILBOX_RESPONSES + HPTCK_RESPONSE_SIZE;
  for (unsigned word = 0; word < 10; ++word) ram.put(second + 8 * word, word + 1);
  ram.put(second + 80, 1000 + 55);
  const auto response = mailbox.response(1, 1000);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 1);
  EXPECT_EQ(response->out[8], 10u);
  EXPECT_FALSE(mailbox.response(1, 999)) << "left over from an earlier batch";
  for (unsigned word = 0; word < 11; ++word) {
    const auto right = ram.get(second + 8 * word);
    ram.put(second + 8 * word, right ^ 0x8000);
    EXPECT_FALSE(mailbox.response(1, 1000)) << word;
    ram.put(second + 8 * word, right);
  }
}

std::vector<unsigned char> tree_with(std::uint32_t shift, bool resize) {
  std::vector<unsigned char> tree(4096);
  fdt_create(tree.data(), static_cast<int>(tree.size()));
  fdt_finish_reservemap(tree.data());
  fdt_begin_node(tree.data(), "");
  fdt_begin_node(tree.data(), "rtas");
  constexpr char with[] = "hcall-pft\0hcall-hpt-resize", without[] = "hcall-pft\0hcall-hpt-resized";
  fdt_property(tree.data(), "ibm,hypertas-functions", resize ? with : without,
               resize ? sizeof with : sizeof without);
  fdt_end_node(tree.data());
  fdt_begin_node(tree.data(), "cpus");
  fdt_begin_node(tree.data(), "PowerPC,POWER8@0");
  fdt_property_string(tree.data(), "device_type", "cpu");
  const fdt32_t cells[] = {0, cpu_to_fdt32(shift)};
  fdt_property(tree.data(), "ibm,pft-size", cells, sizeof cells);
  for (int open = 0; open < 3; ++open) fdt_end_node(tree.data());
  fdt_finish(tree.data());
  tree.resize(fdt_totalsize(tree.data()));
  return tree;
}

TEST(DeviceTree, tells_size_and_offer) {
  const auto facts = qemu::read_device_tree(tree_with(24, true), 0);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->hpt_shift, 24);
  EXPECT_TRUE(facts->offers_resize);
  EXPECT_FALSE(qemu::read_device_tree(tree_with(24, false), 0)->offers_resize);
}

TEST(DeviceTree, absurd_size_is_not_declared) {
  for (const auto shift : {0u, 17u, 47u, 256u + 24u}) {
    EXPECT_EQ(qemu::read_device_tree(tree_with(shift, true), 0)->hpt_shift, 0) << shift;
  }
}

TEST(DeviceTree, address_outside_of_ram_is_refused) {
  const auto tree = tree_with(24, true);
  for (const auto address : {tree.size(), tree.size() - 1, ~std::size_t{0}, std::size_t{8}}) {
    EXPECT_FALSE(qemu::read_device_tree(tree, address)) << address;
  }
}

// Under AddressSanitizer this shows that no byte of the tree can lead out of it.
TEST(DeviceTree, no_single_damaged_byte_is_followed_out_of_ram) {
  const auto tree = tree_with(24, true);
  for (std::size_t place = 0; place < tree.size(); ++place) {
    for (const unsigned char value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      auto damaged = tree;
      damaged[place] = value;
      const auto facts = qemu::read_device_tree(damaged, 0);
      EXPECT_LE(facts ? facts->hpt_shift : 0, max_shift);
    }
    EXPECT_FALSE(qemu::read_device_tree(std::span(tree).first(place), 0)) << place;
  }
}

std::vector<unsigned char> tree_with_page_sizes(const std::vector<unsigned char>& property, bool cpu = true) {
  std::vector<unsigned char> tree(1 << 16);
  fdt_create(tree.data(), static_cast<int>(tree.size()));
  fdt_finish_reservemap(tree.data());
  fdt_begin_node(tree.data(), "");
  fdt_begin_node(tree.data(), "cpus");
  fdt_begin_node(tree.data(), "PowerPC,POWER8@0");
  fdt_property_string(tree.data(), "device_type", cpu ? "cpu" : "memory");
  if (!property.empty())
    fdt_property(tree.data(), "ibm,segment-page-sizes", property.data(), static_cast<int>(property.size()));
  for (int open = 0; open < 3; ++open) fdt_end_node(tree.data());
  fdt_finish(tree.data());
  tree.resize(fdt_totalsize(tree.data()));
  return tree;
}

TEST(SegmentPageSizes, are_the_cells_as_they_are) {
  using Cells = std::vector<std::uint32_t>;
  EXPECT_EQ(qemu::read_segment_page_sizes(tree_with_page_sizes({0, 0, 0, 12, 0x80, 1, 2, 3}), 0),
            (Cells{12, 0x80010203}));
  EXPECT_EQ(qemu::read_segment_page_sizes(tree_with_page_sizes({0, 0, 0, 12, 5}), 0), (Cells{12, 0x05000000}))
      << "bytes left over make one cell more";
  EXPECT_EQ(qemu::read_segment_page_sizes(tree_with_page_sizes({}), 0), Cells{});
  EXPECT_EQ(qemu::read_segment_page_sizes(tree_with_page_sizes({0, 0, 0, 12}, false), 0), std::nullopt);
  EXPECT_EQ(qemu::read_segment_page_sizes(std::vector<unsigned char>(4096), 0), std::nullopt);
}

TEST(SegmentPageSizes, are_bounded) {
  const auto cells =
      qemu::read_segment_page_sizes(tree_with_page_sizes(std::vector<unsigned char>(40000, 1)), 0);
  ASSERT_TRUE(cells);
  EXPECT_EQ(cells->size(), 1024u);
}

}  // namespace
}  // namespace hptck
