// Finding HPTEs in the relations of model/table/witness.h by asking Z3.
//
// What is asked for is fixed here, so that the list in generators/witnesses.inc is made by one command and a
// test can say whether it is complete: a relation that no HPTEs fulfil is in no list, and that there are none
// is Z3's word. HPTEs are made as a legal guest makes them: plain ones at real address zero, with no bit set
// that nothing asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/table/witness.h"

namespace hptck {

/// The sizes that witnesses are found for.
inline constexpr std::uint8_t witness_from[] = {18, 19, 21, 24}, witness_to[] = {18, 19, 20, 23, 25};

/// One HPTE or pair, bolted or not, of any page sizes. Nothing if there is none.
std::optional<Witness> find_witness(const Relationship& of);

/// All of one resize. Those that are not pairs stand in different HPTEGs, before and after, and are of
/// different TiB of virtual addresses, so that they can be in one table.
std::vector<Witness> find_witnesses(std::uint8_t from, std::uint8_t to);
/// For the mistakes that show in large tables only: the VSID of a 1 TiB segment is spread to bit 25 of the
/// hash and above (Mistake::terabyte_vsid_not_spread), which shift 33 is the first to use; and B, left in
/// AVPN (Mistake::segment_size_left_in_avpn), meets bit 38, which only the largest table uses.
inline constexpr unsigned first_size_that_spreads = 33;
std::vector<Witness> find_vast_witnesses();

/// As it stands in generators/witnesses.inc.
std::string text_of(const Witness& witness);

}  // namespace hptck
