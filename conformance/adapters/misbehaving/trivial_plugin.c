/* A plugin that answers every hypercall with its own arguments, at once: what is measured with it is the way
 * there and back. */
#include "conformance/adapters/plugin/hptck_plugin.h"

static int state;

static void* create(const char* options) {
  (void)options;
  return &state;
}

static void destroy(void* instance) { (void)instance; }

static int restart(void* instance, int may_resize, struct hptck_statement* statement) {
  (void)instance;
  (void)may_resize;
  (void)statement;
  return HPTCK_OK;
}

static int hcall(void* instance, const struct hptck_call* calls, uint32_t count, struct hptck_answer* answers,
                 volatile uint32_t* answered) {
  (void)instance;
  for (uint32_t n = 0; n < count; n++) {
    answers[n].status = (int64_t)calls[n].token;
    for (int i = 0; i < 9; i++) answers[n].out[i] = calls[n].args[i];
    *answered = n + 1;
  }
  return HPTCK_OK;
}

const struct hptck_plugin* hptck_plugin_entry(void) {
  static const struct hptck_plugin plugin = {
      .abi_version = HPTCK_PLUGIN_ABI,
      .struct_size = sizeof(struct hptck_plugin),
      .name = "trivial plugin",
      .version = "1",
      .create = create,
      .destroy = destroy,
      .restart = restart,
      .hcall = hcall,
  };
  return &plugin;
}
