#include "conformance/adapters/qemu/host_mmu.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include "conformance/adapters/process/file_descriptor.h"

namespace hptck::qemu {

// Linux, Documentation/virt/kvm/api.rst, KVM_CREATE_VM and KVM_PPC_GET_SMMU_INFO. On a host that is not POWER
// one of them fails, and the caller learns why.
std::variant<machines::Host, std::string> host_mmu(machines::Accelerator accelerator) {
  constexpr unsigned long type_hv = 1, type_pr = 2;
  const FileDescriptor kvm(open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (kvm.get() < 0) return fmt::format("/dev/kvm: {}", std::strerror(errno));
  const FileDescriptor machine(
      ioctl(kvm.get(), KVM_CREATE_VM, accelerator == machines::Accelerator::kvm_hv ? type_hv : type_pr));
  if (machine.get() < 0)
    return fmt::format("the host makes no machine by {}: {}", name_of(accelerator), std::strerror(errno));
  kvm_ppc_smmu_info info{};
  if (ioctl(machine.get(), KVM_PPC_GET_SMMU_INFO, &info) != 0)
    return fmt::format("the host does not say what its MMU is like: {}", std::strerror(errno));

  machines::Host host;
  host.needs_contiguous = (info.flags & KVM_PPC_PAGE_SIZES_REAL) != 0;
  host.terabyte_segments = (info.flags & KVM_PPC_1T_SEGMENTS) != 0;
  host.slb_entries = static_cast<std::uint8_t>(info.slb_size);
  host.kernel_shift =
      static_cast<std::uint8_t>(std::countr_zero(static_cast<unsigned long>(sysconf(_SC_PAGESIZE))));
  for (const auto& segment : info.sps) {
    if (segment.page_shift == 0) break;
    machines::SegmentPageSizes sizes{segment.page_shift, segment.slb_enc, {}};
    for (const auto& page : segment.enc) {
      if (page.page_shift == 0) break;
      sizes.sizes.push_back({page.page_shift, page.pte_enc});
    }
    host.sizes.segments.push_back(std::move(sizes));
  }
  return host;
}

}  // namespace hptck::qemu
