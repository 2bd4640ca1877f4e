# Writes FILE, in which ctest finds an entry prove.NAME for each obligation that PROGRAM knows.
execute_process(COMMAND ${PROGRAM} --names OUTPUT_VARIABLE names COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[a-z0-9_]+" names "${names}")
set(text "")
foreach(name IN LISTS names)
  string(APPEND text "add_test(prove.${name} \"${PROGRAM}\" --seeded --jobs 1 ${name})\n"
    "set_tests_properties(prove.${name} PROPERTIES LABELS proof TIMEOUT 300)\n")
endforeach()
file(WRITE ${FILE} "${text}")
