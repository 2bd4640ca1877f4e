# Turns raw images into a C++ source: cmake -D OUTPUT=x.cpp -D NAMES=a,b -D FILES=a.bin,b.bin -P this. A script
# of a few lines, because the alternatives need either another package (xxd) or an assembler for the host.
string(REPLACE "," ";" names "${NAMES}")
string(REPLACE "," ";" files "${FILES}")
set(text "#include \"conformance/adapters/qemu/guest_images.h\"\n\nnamespace hptck::qemu {\n")
foreach(name file IN ZIP_LISTS names files)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND text
    "std::span<const unsigned char> ${name}_image() {\n"
    "  static constexpr unsigned char bytes[] = {${bytes}};\n"
    "  return bytes;\n"
    "}\n")
endforeach()
string(APPEND text "}  // namespace hptck::qemu\n")
file(WRITE ${OUTPUT} "${text}")
