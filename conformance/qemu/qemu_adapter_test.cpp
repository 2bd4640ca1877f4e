#include "conformance/qemu/qemu_adapter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hptck {
namespace {

TEST(QemuAdapter, prepare_of_nothing_succeeds) {
  auto adapter = make_qemu_adapter({});
  const auto statement = adapter->restart({});
  EXPECT_EQ(statement.resize, Statement::Resize::enabled);
  EXPECT_EQ(statement.initial_shift, 21);
  const Call calls[] = {prepare(0, 0)};
  Response responses[1];
  const auto result = adapter->batch(calls, responses);
  EXPECT_FALSE(result.fault) << result.fault->evidence;
  EXPECT_EQ(result.answered, 1);
  EXPECT_EQ(responses[0].status, status::H_SUCCESS);
}

}  // namespace
}  // namespace hptck
