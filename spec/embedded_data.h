// The catalogue's files as the build embedded them; see generate_enumerators.cpp.
#pragma once

namespace hptck::embedded {

extern const char* const clauses_xml;
extern const char* const ambiguities_xml;
extern const char* const deviations_xml;
extern const char* const sha256;

}  // namespace hptck::embedded
