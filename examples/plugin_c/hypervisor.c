/* A small hypervisor as a plugin of hptck: what PAPR asks of the hypercalls of the hash page table and of its
 * resizing, kept in the simplest way. Tables are plain arrays. PREPARE clears a new one, which takes a few
 * steps of a clock; COMMIT rehashes the bolted entries into it and drops all others, as it may.
 *
 *     cc -std=c11 -O2 -fPIC -shared -I../.. -o hypervisor.so hypervisor.c
 *     hptck certify --adapter plugin --library ./hypervisor.so
 */
#include <stdlib.h>
#include <string.h>

#include "conformance/adapters/plugin/hptck_plugin.h"

enum { H_REMOVE = 0x04, H_ENTER = 0x08, H_READ = 0x0c, H_PROTECT = 0x18, H_BULK_REMOVE = 0x124 };
enum { H_RESIZE_HPT_PREPARE = 0x36c, H_RESIZE_HPT_COMMIT = 0x370 };
enum { H_SUCCESS = 0, H_BUSY = 1, H_CLOSED = 2, H_LONG_BUSY_ORDER_1_MSEC = 9900, H_FUNCTION = -2 };
enum { H_PARAMETER = -4, H_PTEG_FULL = -6, H_NOT_FOUND = -7, H_AUTHORITY = -10, H_RESOURCE = -16 };
enum { INITIAL_SHIFT = 20, MAX_SHIFT = 22, STEPS_PER_MS = 4, STEPS_TO_PREPARE = 4 };

#define SEGMENT_SIZE (3ull << 62) /* doubleword 0; then doubleword 1 */
enum { BOLTED = 0x10, LARGE = 0x4, SECONDARY = 0x2, VALID = 0x1 };
enum { R = 0x100, C = 0x80, WIMG = 0x78, WIMG_MEMORY = 0x10, PROTECTION = 0x7, LP = 0xf000, LP_64K = 0x1000 };

struct hpte {
  uint64_t high, low;
};
struct hpt {
  struct hpte* ptes;
  int32_t shift; /* 0: there is no such table */
};
struct hypervisor {
  struct hpt current, pending;
  uint64_t clock, ready_at, may_resize, collided;
};

static uint64_t count_of(const struct hpt* t) { return 1ull << (t->shift - 4); }

static int make(struct hpt* t, int32_t shift) {
  free(t->ptes);
  t->ptes = shift != 0 ? calloc(1ull << shift, 1) : NULL;
  t->shift = t->ptes ? shift : 0;
  return t->ptes != NULL;
}

/* An entry holds the virtual address down to bit 23. The low bits of the page number are those of the hash,
 * and the place where the entry stands tells them. */
static uint64_t rehashed(struct hpte e, uint64_t ptex, const struct hpt* from, const struct hpt* to) {
  const uint64_t flip = e.high & SECONDARY ? ~0ull : 0, avpn = (e.high & ~SEGMENT_SIZE) >> 7;
  const int terabyte = e.high >> 62 == 1, in_segment = terabyte ? 40 - 23 : 28 - 23;
  const uint64_t low = (1ull << (e.high & LARGE ? 23 - 16 : 23 - 12)) - 1, vsid = avpn >> in_segment;
  const uint64_t page = (avpn & ((1ull << in_segment) - 1)) * (low + 1);
  const uint64_t hash = vsid ^ (terabyte ? vsid << 25 : 0) ^ page;
  const uint64_t whole = (hash & ~low) | ((ptex % count_of(from) / 8 ^ flip) & low);
  return ((whole ^ flip) & (count_of(to) / 8 - 1)) * 8 + ptex % 8;
}

/* Two entries that stand where their hashes say never meet in a table that is not smaller. */
static int rehash_all(const struct hpt* from, struct hpt* to) {
  for (uint64_t ptex = 0; ptex < count_of(from); ptex++) {
    const struct hpte e = from->ptes[ptex];
    if (!(e.high & VALID) || !(e.high & BOLTED)) continue;
    struct hpte* place = &to->ptes[rehashed(e, ptex, from, to)];
    if ((place->high & VALID) && to->shift < from->shift) return 0;
    if (!(place->high & VALID)) *place = e;
  }
  return 1;
}

static int64_t prepare(struct hypervisor* h, uint64_t flags, int32_t shift) {
  if (!h->may_resize) return H_AUTHORITY;
  if (h->pending.shift == 0 || flags != 0 || shift != h->pending.shift) {
    make(&h->pending, 0); /* also when an error follows */
    if (flags != 0 || (shift != 0 && (shift < 18 || shift > 46))) return H_PARAMETER;
    if (shift == 0) return H_SUCCESS;
    if (shift > MAX_SHIFT || !make(&h->pending, shift)) return H_RESOURCE;
    h->collided = 0;
    h->ready_at = h->clock + (shift > INITIAL_SHIFT ? STEPS_TO_PREPARE : 0);
  }
  if (h->clock < h->ready_at) return H_LONG_BUSY_ORDER_1_MSEC;
  return h->collided ? H_PTEG_FULL : H_SUCCESS;
}

static int64_t commit(struct hypervisor* h, uint64_t flags, int32_t shift) {
  if (!h->may_resize) return H_AUTHORITY;
  if (h->pending.shift == 0 || flags != 0 || shift != h->pending.shift) return H_CLOSED;
  if (h->clock < h->ready_at) return H_BUSY;
  h->collided = h->collided || !rehash_all(&h->current, &h->pending);
  if (h->collided) return H_PTEG_FULL;
  free(h->current.ptes);
  h->current = h->pending;
  memset(&h->pending, 0, sizeof h->pending);
  return H_SUCCESS;
}

static int64_t enter(struct hypervisor* h, const uint64_t* args, uint64_t* out) {
  const struct hpte e = {args[2] & ~0x60ull, args[3]}; /* two bits are the hypervisor's own */
  uint64_t ptex = args[1], end = ptex + 1;
  if (ptex >= count_of(&h->current) || (e.low & WIMG) != WIMG_MEMORY || e.high >> 62 > 1) return H_PARAMETER;
  if ((e.high & LARGE) && (e.low & LP) != LP_64K) return H_PARAMETER;
  if (!(args[0] & 1ull << (63 - 24))) end = (ptex &= ~7ull) + 8; /* not Exact: any slot of the HPTEG */
  while (ptex < end && (h->current.ptes[ptex].high & VALID)) ptex++;
  if (ptex == end) return H_PTEG_FULL;
  h->current.ptes[ptex] = e;
  out[0] = ptex;
  return H_SUCCESS;
}

static int64_t read_hptes(struct hypervisor* h, const uint64_t* args, uint64_t* out) {
  const uint64_t four = args[0] >> (63 - 26) & 1, first = four ? args[1] & ~3ull : args[1];
  if (args[1] >= count_of(&h->current)) return H_PARAMETER;
  memcpy(out, &h->current.ptes[first], (four ? 4 : 1) * sizeof(struct hpte));
  return H_SUCCESS;
}

/* The entry that is there, if it is the one asked for: of this page, or without these bits. */
static struct hpte* find(struct hypervisor* h, uint64_t ptex, int by_page, int by_bits, uint64_t avpn) {
  struct hpte* e = &h->current.ptes[ptex];
  const int other = (by_page && (e->high & ~0x7full) != avpn) || (by_bits && (e->high & avpn));
  return (e->high & VALID) && !other ? e : NULL;
}

static int64_t remove_or_protect(struct hypervisor* h, int removes, const uint64_t* args, uint64_t* out) {
  if (args[1] >= count_of(&h->current)) return H_PARAMETER;
  struct hpte* e = find(h, args[1], args[0] >> (63 - 32) & 1, removes && args[0] >> (63 - 33) & 1, args[2]);
  if (!e) return H_NOT_FOUND;
  if (removes) memcpy(out, e, sizeof *e);
  e->low = removes ? 0 : (e->low & ~(uint64_t)(PROTECTION | R)) | (args[0] & PROTECTION);
  if (removes) e->high = 0;
  return H_SUCCESS;
}

/* Up to four requests; each becomes its own response, with a code in bits 2 and 3. */
static int64_t bulk_remove(struct hypervisor* h, const uint64_t* args, uint64_t* out) {
  memcpy(out, args, 8 * sizeof *out);
  for (int i = 0; i < 8 && out[i] >> 62 != 3; i += 2) {
    const int by_bits = (out[i] >> 56 & 1) != 0, by_page = (out[i] >> 57 & 1) != 0;
    const uint64_t ptex = out[i] & ((1ull << 56) - 1);
    if (out[i] >> 62 != 1) return H_PARAMETER;
    out[i] = (out[i] & ((1ull << 58) - 1)) | 2ull << 62;
    if ((by_bits && by_page) || ptex >= count_of(&h->current)) out[i] |= 2ull << 60;
    if (out[i] >> 60 & 2) return H_PARAMETER;
    struct hpte* e = find(h, ptex, by_page, by_bits, out[i + 1]);
    out[i] |= e ? (e->low & (R | C)) << 51 : 1ull << 60;
    if (e) e->high = e->low = 0;
  }
  return H_SUCCESS;
}

static int64_t answer(struct hypervisor* h, uint64_t token, const uint64_t* args, uint64_t* out) {
  h->clock++;
  if (token == H_ENTER) return enter(h, args, out);
  if (token == H_READ) return read_hptes(h, args, out);
  if (token == H_REMOVE || token == H_PROTECT) return remove_or_protect(h, token == H_REMOVE, args, out);
  if (token == H_BULK_REMOVE) return bulk_remove(h, args, out);
  if (token == H_RESIZE_HPT_PREPARE) return prepare(h, args[0], (int32_t)args[1]);
  if (token == H_RESIZE_HPT_COMMIT) return commit(h, args[0], (int32_t)args[1]);
  return H_FUNCTION;
}

static int hcall(void* instance, const struct hptck_call* calls, uint32_t count, struct hptck_answer* answers,
                 volatile uint32_t* answered) {
  for (uint32_t n = 0; n < count; n++) {
    answers[n].status = answer(instance, calls[n].token, calls[n].args, answers[n].out);
    *answered = n + 1;
  }
  return HPTCK_OK;
}

static int reset(void* instance) {
  struct hypervisor* h = instance;
  make(&h->pending, 0);
  return make(&h->current, INITIAL_SHIFT) ? HPTCK_OK : HPTCK_ENVIRONMENT;
}

static int restart(void* instance, int may_resize, struct hptck_statement* statement) {
  if (reset(instance) != HPTCK_OK) return HPTCK_ENVIRONMENT;
  ((struct hypervisor*)instance)->may_resize = may_resize;
  *statement =
      (struct hptck_statement){HPTCK_RESIZE_ENABLED, INITIAL_SHIFT, MAX_SHIFT, 1, HPTCK_PAGES_64K, 0, 0};
  if (!may_resize) statement->resize = HPTCK_RESIZE_DISABLED;
  return HPTCK_OK;
}

static int advance_time(void* instance, uint64_t milliseconds) {
  ((struct hypervisor*)instance)->clock += milliseconds * STEPS_PER_MS;
  return HPTCK_OK;
}

static void* create(const char* options) { return *options ? NULL : calloc(1, sizeof(struct hypervisor)); }

static void destroy(void* instance) {
  struct hypervisor* h = instance;
  free(h->current.ptes);
  free(h->pending.ptes);
  free(h);
}

enum { ABILITIES = HPTCK_CAN_FORBID_RESIZE | HPTCK_CAN_RESET | HPTCK_CAN_ADVANCE_TIME };
enum { SIZE = sizeof(struct hptck_plugin) };
const struct hptck_plugin* hptck_plugin_entry(void) {
  static const struct hptck_plugin plugin = {
      HPTCK_PLUGIN_ABI, SIZE,  ABILITIES, "hptck example in C", "1", create, destroy,
      restart,          hcall, reset,     advance_time,         NULL};
  return &plugin;
}
