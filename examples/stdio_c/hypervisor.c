/* A small hypervisor that hptck certifies: hptck certify --adapter stdio -- ./hypervisor
 *
 * It speaks the protocol of docs/adapter-protocol.md. PREPARE remembers the size, COMMIT makes the table. The
 * kit writes its messages in one form always, so looking for what comes next is enough to read them. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t u64;
typedef struct { u64 high, low; } Hpte;
enum { SUCCESS, CLOSED = 2, FUNCTION = -2, PARAMETER = -4, PTEG_FULL = -6, NOT_FOUND = -7, AUTHORITY = -10,
       RESOURCE = -16, VALID = 0x1, SECONDARY = 0x2, LARGE = 0x4, BOLTED = 0x10, REF = 0x100, CHANGED = 0x80,
       INITIAL_SHIFT = 20, MAX_SHIFT = 24 };
static const u64 EXACT = 1ull << 39, READ_4 = 1ull << 37, AVPN = 1ull << 31, ANDCOND = 1ull << 30;
static Hpte *table; /* 2^shift bytes, 16 an entry, 8 entries a group */
static int shift, pending; /* pending: the shift of the Pending HPT, or 0 */
static bool may_resize = true;

static u64 entries(int size) { return 1ull << (size - 4); }
static u64 mask(unsigned bits) { return (1ull << bits) - 1; }

static void reset(void) {
  free(table);
  table = calloc(entries(INITIAL_SHIFT), sizeof *table);
  shift = INITIAL_SHIFT, pending = 0;
}

/* Where an entry belongs in a table of another size. It lacks the virtual address below bit 23; the low bits
 * of the hash are those of the group that it stands in, complemented for a secondary entry. */
static u64 rehash(Hpte e, u64 ptex, int new_shift) {
  u64 flip = e.high & SECONDARY ? ~0ull : 0, group = (ptex >> 3) ^ flip;
  unsigned missing = 23 - (e.high & LARGE ? 16 : 12), segment = (e.high >> 62 ? 40 : 28) - 23;
  u64 address = (e.high & mask(62)) >> 7, vsid = address >> segment;
  u64 hash = vsid ^ (e.high >> 62 ? vsid << 25 : 0) ^ ((address & mask(segment)) << missing);
  hash = (hash & ~mask(missing)) | (group & mask(missing));
  return ((hash ^ flip) & mask(new_shift - 7)) << 3 | (ptex & 7);
}

static int64_t prepare(u64 flags, int32_t size) {
  if (!may_resize) return AUTHORITY;
  if (pending && flags == 0 && size == pending) return SUCCESS;
  pending = 0;
  if (flags || (size && (size < 18 || size > 46))) return PARAMETER;
  return size > MAX_SHIFT ? RESOURCE : (pending = size, SUCCESS); /* 0: none is pending */
}

/* Entries that are not bolted may be lost. Two that need one slot collide; in a table that is not smaller
 * that takes a guest that entered one where its page does not hash to. */
static int64_t commit(u64 flags, int32_t size) {
  if (!may_resize) return AUTHORITY;
  if (!pending || flags || size != pending) return CLOSED;
  Hpte *new = calloc(entries(size), sizeof *new);
  pending = 0;
  for (u64 ptex = 0; ptex < entries(shift); ++ptex) {
    Hpte e = table[ptex], *place = &new[rehash(e, ptex, size)];
    if (!(e.high & VALID) || !(e.high & BOLTED)) continue;
    if (!(place->high & VALID)) *place = e;
    else if (size < shift) return free(new), PTEG_FULL;
  }
  free(table), table = new, shift = size;
  return SUCCESS;
}

static int64_t enter(u64 flags, u64 ptex, Hpte e, u64 *out) {
  if (e.high >> 62 > 1 || (e.high & LARGE && (e.low >> 12 & 0xf) != 1)) return PARAMETER; /* 4, 64 KiB only */
  u64 first = flags & EXACT ? ptex : ptex & ~7ull, last = flags & EXACT ? ptex : ptex | 7;
  for (*out = first; *out <= last; ++*out) {
    if (table[*out].high & VALID) continue;
    table[*out] = (Hpte){e.high & ~0x60ull, e.low};
    return SUCCESS;
  }
  return PTEG_FULL;
}

static bool unlike(Hpte e, u64 avpn, bool by_avpn, bool by_andcond) {
  return !(e.high & VALID) || (by_avpn && (e.high & ~0x7full) != avpn) || (by_andcond && e.high & avpn);
}

static int64_t bulk_remove(u64 *out) { /* four pairs: a request, which becomes a response, and its AVPN */
  for (int i = 0; i < 8; i += 2) {
    bool by_andcond = out[i] >> 56 & 1, by_avpn = out[i] >> 57 & 1;
    u64 kind = out[i] >> 62, ptex = out[i] & mask(56);
    if (kind != 1) return kind == 3 ? SUCCESS : PARAMETER;
    out[i] = (out[i] & mask(58)) | 2ull << 62;
    if ((by_avpn && by_andcond) || ptex >= entries(shift)) return out[i] |= 2ull << 60, PARAMETER;
    Hpte *e = &table[ptex];
    bool found = !unlike(*e, out[i + 1], by_avpn, by_andcond);
    out[i] |= found ? (e->low & (REF | CHANGED)) << 51 : 1ull << 60;
    if (found) *e = (Hpte){0, 0};
  }
  return SUCCESS;
}

static int64_t hcall(u64 token, const u64 *a, u64 *out) {
  if (token == 0x36c) return prepare(a[0], (int32_t)a[1]);
  if (token == 0x370) return commit(a[0], (int32_t)a[1]);
  if (token == 0x124) return memcpy(out, a, 8 * sizeof *out), bulk_remove(out);
  if (token != 0x04 && token != 0x08 && token != 0x0c && token != 0x18) return FUNCTION;
  if (a[1] >= entries(shift)) return PARAMETER;
  Hpte *e = &table[a[1]];
  if (token == 0x08) return enter(a[0], a[1], (Hpte){a[2], a[3]}, out);
  if (token == 0x0c && a[0] & READ_4) return memcpy(out, &table[a[1] & ~3ull], 4 * sizeof *e), SUCCESS;
  if (token == 0x0c) return memcpy(out, e, sizeof *e), SUCCESS;
  if (unlike(*e, a[2], a[0] & AVPN, token == 0x04 && a[0] & ANDCOND)) return NOT_FOUND;
  if (token == 0x18) e->low = (e->low & ~(u64)(7 | REF)) | (a[0] & 7); /* H_PROTECT */
  else memcpy(out, e, sizeof *e), *e = (Hpte){0, 0};                      /* H_REMOVE */
  return SUCCESS;
}

static void answer(char *at) { /* the request whose id stands here */
  printf("{\"jsonrpc\":\"2.0\",\"id\":%llu,", strtoull(at, &at, 10));
  const char *method = strstr(at, "\"method\":\"") + 10;
  if (!strncmp(method, "hcall\"", 6)) {
    u64 args[9] = {0}, out[9] = {0}, token = strtoull(strstr(at, "\"token\":\"") + 9, &at, 16);
    char *next = strstr(at, "\"args\":[") + 8;
    for (int i = 0; i < 9 && *next == '"'; next += next[1] == ',' ? 2 : 1)
      args[i++] = strtoull(next + 1, &next, 16);
    printf("\"result\":{\"status\":\"0x%llx\",\"out\":[", (unsigned long long)hcall(token, args, out));
    for (int i = 0; i < 9; ++i) printf("%s\"0x%llx\"", i ? "," : "", (unsigned long long)out[i]);
    printf("]}}");
  } else if (!strncmp(method, "describe\"", 9)) {
    printf("\"result\":{\"name\":\"example in C\",\"version\":\"1\",\"abilities\":[\"reset\",\"forbid_resize\"],"
           "\"statement\":{\"resize\":\"enabled\",\"initial_shift\":%d,\"max_shift\":%d,"
           "\"pages\":[\"12/12\",\"16/16\"]}}}", INITIAL_SHIFT, MAX_SHIFT);
  } else if (!strncmp(method, "restart\"", 8) || strstr(method, "\"name\":\"reset\"")) {
    if (method[0] == 'r') may_resize = !strstr(method, "\"may_resize\":false");
    reset(), printf("\"result\":{}}");
  } else if (!strncmp(method, "shutdown\"", 9)) {
    puts("\"result\":{}}"), exit(0);
  } else {
    printf("\"error\":{\"code\":-32601,\"message\":\"not supported\"}}");
  }
}

int main(void) {
  size_t size = 0;
  reset();
  for (char *line = NULL; getline(&line, &size, stdin) > 0; putchar('\n'), fflush(stdout)) {
    bool array = line[0] == '[';
    fputs(array ? "[" : "", stdout);
    for (char *at = strstr(line, "\"id\":"), *next; at; at = next) {
      next = strstr(at + 5, "\"id\":");
      answer(at + 5), fputs(next ? "," : array ? "]" : "", stdout);
    }
  }
}
