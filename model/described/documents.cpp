#include "model/described/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "model/described/words.h"
#include "model/oracle.h"
#include "model/resize/explorer.h"
#include "model/resize/interface.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

using described::Meaning;

// Markdown takes a `*` for emphasis and a `|` for the end of a cell.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '*' || c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string_view name_of(RowKind kind) {
  return kind == RowKind::must ? "must" : kind == RowKind::may ? "may" : "effect";
}

std::string anchor_of(std::string_view clause_id) { return fmt::format("clause-{}", clause_id); }

std::string link_to_ambiguity(const std::string& id) {
  return id.empty() ? std::string() : fmt::format(" ([{0}](#{0}))", id);
}

// One list as a table. A clause's wording stands at its first row; later rows of the same clause refer back.
std::string table_of(const ResizeList<Described>& list, std::set<std::string>& anchored, bool hidden) {
  std::string text =
      hidden ? "| clause | may happen when | what changes | the clause |\n| --- | --- | --- | --- |\n"
             : "| # | clause | kind | when | allowed answers | what changes | the clause |\n"
               "| --- | --- | --- | --- | --- | --- | --- |\n";
  const auto s = named_state();
  const auto a = named_arguments();
  int number = 0;
  for (const auto& row : list) {
    const auto& clause = text_of(row.clause);
    const bool first = anchored.insert(clause.id).second;
    const auto name = first ? fmt::format("<a id=\"{}\"></a>`{}`", anchor_of(clause.id), clause.id)
                            : fmt::format("[`{}`](#{})", clause.id, anchor_of(clause.id));
    const auto wording =
        first ? plain(clause.text) + link_to_ambiguity(clause.ambiguity) : std::string("as above");
    const auto when = row.when ? in_words(row.when(s, a)) : "always";
    const auto changes = changes_in_words(row.next(s, a));
    if (hidden) {
      text += fmt::format("| {} | {} | {} | {} |\n", name, plain(when), plain(changes), wording);
    } else {
      const auto allowed = row.kind == RowKind::effect ? "" : plain(in_words(row.allowed));
      text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", ++number, name, name_of(row.kind),
                          plain(when), allowed, plain(changes), wording);
    }
  }
  return text + "\n";
}

std::string values_of(Meaning meaning) {
  std::vector<std::string> names;
  for (unsigned i = 0; i < described::named_values(meaning); ++i)
    names.emplace_back(described::name_of_value(meaning, i));
  return joined(names, "or");
}

std::string words_section() {
  return fmt::format(
      "## The words of a state\n\n"
      "| word | what it says | values |\n| --- | --- | --- |\n"
      "| standing | how the partition stands towards the option; never changes | {} |\n"
      "| phase | the control state; there is a Pending HPT in preparing, prepared and collided | {} |\n"
      "| pending | shift of the Pending HPT | 0 where there is none |\n"
      "| gone | why there is no Pending HPT | {} |\n"
      "| current | shift of the current HPT | 18 to 46 |\n"
      "| table | why the current HPT has its size | {} |\n"
      "| marks | what else is remembered | bolted: the guest has entered a bolted HPTE |\n"
      "| limit | largest shift permitted, as far as declared; never changes | 18 to 46 |\n\n"
      "Arguments: `flags` and `shift` of the resize hypercalls, `ptex` of H_READ, `pteh` of H_ENTER. `gone` "
      "and "
      "`table` decide no answer; they remember which clause a later answer bears witness to.\n\n",
      values_of(Meaning::standing), values_of(Meaning::phase), values_of(Meaning::gone),
      values_of(Meaning::table));
}

std::string places_section(const std::set<std::string>& anchored) {
  std::string text =
      "## Where each clause comes from\n\n"
      "| clause | modality | source and place | judged |\n| --- | --- | --- | --- |\n";
  for (const auto& clause : catalogue().clauses) {
    const auto name = anchored.contains(clause.id)
                          ? fmt::format("[`{}`](#{})", clause.id, anchor_of(clause.id))
                          : fmt::format("<a id=\"{0}\"></a>`{1}`", anchor_of(clause.id), clause.id);
    // A clause without a row is worded here, since no table above has it.
    const auto wording =
        anchored.contains(clause.id) ? "" : fmt::format(" {} It has no row.", plain(clause.text));
    const auto judged = clause.status == ClauseStatus::judged    ? "yes"
                        : clause.status == ClauseStatus::partial ? "in part"
                                                                 : "no";
    text += fmt::format(
        "| {} | {} | {}: {}{} | {}{}{} |\n", name, clause.modality == Modality::must ? "must" : "may",
        clause.source == "rfc" ? "RFC" : "LoPAR", plain(clause.place), wording.empty() ? "" : "." + wording,
        judged, clause.reason.empty() ? "" : ": ", plain(clause.reason));
  }
  return text + "\n";
}

std::string ambiguities_section() {
  std::string text = "## Ambiguities, and the readings chosen\n\n";
  for (const auto& ambiguity : catalogue().ambiguities) {
    text += fmt::format("### <a id=\"{0}\"></a>{0}. {1}\n\n{2}\n\n", ambiguity.id, plain(ambiguity.title),
                        plain(ambiguity.question));
    for (const auto& reading : ambiguity.readings) text += fmt::format("- {}\n", plain(reading));
    text += fmt::format("\nChosen: {}\n\n", plain(ambiguity.chosen));
    std::vector<std::string> clauses;
    for (const auto& clause : catalogue().clauses) {
      if (clause.ambiguity == ambiguity.id)
        clauses.push_back(fmt::format("[`{}`](#{})", clause.id, anchor_of(clause.id)));
    }
    if (!clauses.empty()) text += fmt::format("Clauses: {}.\n\n", joined(clauses, "and"));
  }
  text.pop_back();
  return text;
}

// FNV-1a: it has to tell one diagram from the next, nothing more. No hyphens: Graphviz writes them as
// entities.
std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("state_diagram_{:016x}", hash);
}

constexpr const char* id_opening = "  id=\"";

// Which answers of which hypercall lead along an edge. Hidden steps are an edge's of their own.
struct Edge {
  std::map<std::string, std::set<std::string>> answers;
  std::set<std::string> clauses;  // of hidden steps
};

std::set<std::string> names_of(const Answers& allowed) {
  std::set<std::string> names;
  if (allowed.long_busy) names.insert("H_LONG_BUSY_*");
  for (std::uint8_t i = 0; i < allowed.count; ++i) names.insert(name_of_status(allowed.codes[i]));
  return names;
}

using Edges = std::map<std::pair<std::uint64_t, std::uint64_t>, Edge>;

Edges edges_of(const Rules<Concrete>& rules) {
  Edges edges;
  const auto initial = initial_states({Statement::Resize::enabled, 24, 30});
  auto calls = telling_calls(24, 30);
  // A reset leads from everywhere to where nothing is pending, which is said and not drawn.
  std::erase_if(calls,
                [](const Call& call) { return call.token == token::H_READ || call.token == token::reset; });
  const auto between = [&](const ConcreteState& from, const ConcreteState& to) -> Edge& {
    return edges[{raw(from.phase), raw(to.phase)}];
  };
  explore(rules, initial, calls, [&](const ConcreteState& s) {
    for (const auto& row : rules.hidden) {
      if (matched(row, s, no_arguments))
        between(s, row.next(s, no_arguments)).clauses.insert(std::string(id_of(row.clause)));
    }
    for (const auto& call : calls) {
      if (call.token == token::H_ENTER) continue;
      const auto name = call.token == token::H_RESIZE_HPT_PREPARE ? "PREPARE" : "COMMIT";
      for_each_rule(rules, call, 0, [&](const ConcreteList& list, const ConcreteArguments& arguments) {
        for_each_outcome(list, s, arguments, [&](const ConcreteRow& row, const ConcreteState& next) {
          between(s, next).answers[name].merge(names_of(row.allowed));
        });
      });
    }
  });
  return edges;
}

// Answers that every control state gives to both hypercalls and that never lead to another one: they are said
// once, not drawn five times.
std::set<std::string> everywhere(const Edges& edges) {
  std::map<std::string, std::set<std::pair<std::uint64_t, std::string>>> at_home;
  std::set<std::string> leading;
  std::set<std::uint64_t> phases;
  for (const auto& [ends, edge] : edges) {
    phases.insert(ends.first);
    for (const auto& [call, answers] : edge.answers) {
      for (const auto& answer : answers) {
        if (ends.first == ends.second)
          at_home[answer].insert({ends.first, call});
        else
          leading.insert(answer);
      }
    }
  }
  std::set<std::string> names;
  for (const auto& [answer, places] : at_home) {
    if (places.size() == 2 * phases.size() && !leading.contains(answer)) names.insert(answer);
  }
  return names;
}

std::string lines_of(const Edge& edge, const std::set<std::string>& left_out) {
  std::string text;
  for (const auto& [call, answers] : edge.answers) {
    std::vector<std::string> names;
    for (const auto& answer : answers) {
      if (!left_out.contains(answer)) names.push_back(answer);
    }
    if (!names.empty()) text += fmt::format("{}: {}\\l", call, joined(names, "or"));
  }
  return text;
}

constexpr std::string_view opening = "<!-- computed -->\n", closing = "<!-- end of computed -->\n";

}  // namespace

std::string specification_document(const Rules<Described>& rules) {
  std::string text =
      "<!-- Generated by ./run docs from model/resize/rows.h and spec/. Do not edit. -->\n"
      "# The specification, as the model has it\n\n";
  text += fmt::format(
      "{} on resizing a partition's hash page table, row by row. A hypercall is an ordered list: the first "
      "row whose "
      "condition holds answers, and no condition repeats that the rows before it did not. A `must` row fixes "
      "the "
      "answers allowed. A `may` row applies only if its answer was given; otherwise the list goes on. An "
      "`effect` row "
      "changes the state, and the list goes on with the changed state.\n\n"
      "The conditions and changes are the rows of [model/resize/rows.h](../model/resize/rows.h), printed. "
      "The "
      "wording of "
      "each clause "
      "is that of [spec/clauses.xml](../spec/clauses.xml). What is wrong with the text itself is in "
      "[spec-defects.md](spec-defects.md).\n\n"
      "![The control states](state-diagram.svg)\n\n",
      catalogue().edition);
  text += words_section();
  std::set<std::string> anchored;
  text += "## H_RESIZE_HPT_PREPARE\n\n" + table_of(rules.prepare, anchored, false);
  text +=
      "## Hidden steps\n\nWhat may happen to a Pending HPT between two calls: any of these whose condition "
      "holds, any "
      "number of times.\n\n" +
      table_of(rules.hidden, anchored, true);
  text += "## H_RESIZE_HPT_COMMIT\n\n" + table_of(rules.commit, anchored, false);
  text +=
      "## H_READ\n\nOnly what shows the size of the current HPT.\n\n" + table_of(rules.read, anchored, false);
  text += "## H_ENTER\n\nOnly what makes a collision possible.\n\n" + table_of(rules.enter, anchored, false);
  text +=
      "## Reset\n\nNo hypercall: the guest is rebooted. `shift` is the size with which the platform starts "
      "it, "
      "and the answer H_SUCCESS means that it runs again.\n\n" +
      table_of(rules.reset, anchored, false);
  text += places_section(anchored);
  text += ambiguities_section();
  return text;
}

std::string state_diagram(const Rules<Concrete>& rules) {
  const auto edges = edges_of(rules);
  const auto left_out = everywhere(edges);
  std::string text;
  std::string note =
      "solid: a call, with the answers that lead there; dashed: a hidden step; in a box: the answers that "
      "lead "
      "back to it; not drawn: a reset, from everywhere to idle, or to cancelled where something was pending";
  if (!left_out.empty())
    note += fmt::format("\\n{} may answer any call and leads nowhere",
                        joined({left_out.begin(), left_out.end()}, "and"));
  text += fmt::format("  label=\"{}\";\n", note);
  text +=
      "  rankdir=LR; fontname=\"Helvetica\"; fontsize=11; nodesep=0.6; ranksep=1.0;\n"
      "  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=10];\n"
      "  edge [fontname=\"Helvetica\", fontsize=9];\n\n";
  const auto phase = [](std::uint64_t value) { return described::name_of_value(Meaning::phase, value); };
  for (unsigned i = 0; i < described::named_values(Meaning::phase); ++i) {
    const auto loop = edges.find({i, i});
    text += fmt::format("  {0} [label=\"{0}\\n\\n{1}\"];\n", phase(i),
                        loop == edges.end() ? "" : lines_of(loop->second, left_out));
  }
  text += "\n";
  for (const auto& [ends, edge] : edges) {
    const auto label = lines_of(edge, left_out);
    if (!label.empty() && ends.first != ends.second)
      text += fmt::format("  {} -> {} [label=\"{}\"];\n", phase(ends.first), phase(ends.second), label);
    if (!edge.clauses.empty())
      text += fmt::format("  {} -> {} [style=dashed, label=\"{}\"];\n", phase(ends.first), phase(ends.second),
                          joined({edge.clauses.begin(), edge.clauses.end()}, "or"));
  }
  return fmt::format(
      "// Generated by ./run docs from model/resize/rows.h. Do not edit.\ndigraph control_states "
      "{{\n{}{}\";\n{}}}\n",
      id_opening, fingerprint(text), text);
}

std::string c_functions(const Rules<Described>& rules) {
  const auto s = named_state();
  const auto a = named_arguments();
  std::vector<std::string> names(state_words.begin(), state_words.end());
  for (const auto* argument : {"flags", "shift", "ptex", "pteh"}) names.emplace_back(argument);
  std::string text = "#include <stdint.h>\n\ntypedef uint64_t (*described_function)(const uint64_t*);\n\n";
  std::string table = "extern const described_function described_functions[] = {\n";
  int number = 0;
  const auto add = [&](const described::Tree& tree) {
    text += fmt::format("static uint64_t f{}(const uint64_t* words) {{\n  (void)words;\n", number);
    for (std::size_t i = 0; i < names.size(); ++i)
      text += fmt::format("  const uint64_t {0} = words[{1}];\n  (void){0};\n", names[i], i);
    text += fmt::format("  return {};\n}}\n", described::as_c(tree));
    table += fmt::format("  f{},\n", number++);
  };
  for_each_list(rules, [&](const char*, const auto& list) {
    for (const auto& row : list) {
      add(tree(row.when ? row.when(s, a) : described::truth(true)));
      for (const auto& word : trees(row.next(s, a))) add(word);
    }
  });
  return text + "\n" + table + "};\n";
}

bool drawn_from(const std::string& svg, const std::string& dot) {
  const auto at = dot.find(id_opening);
  if (at == std::string::npos) return false;
  const auto begin = at + std::string_view(id_opening).size();
  const auto id = dot.substr(begin, dot.find('"', begin) - begin);
  return svg.find(fmt::format("id=\"{}\"", id)) != std::string::npos;
}

std::string with_computed_part(const std::string& document, const std::string& part) {
  const auto begin = document.find(opening), end = document.find(closing);
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    throw std::runtime_error(
        fmt::format("{} has no part between the marks of what is computed", defects_name));
  return document.substr(0, begin + opening.size()) + "\n" + part + document.substr(end);
}

}  // namespace hptck
