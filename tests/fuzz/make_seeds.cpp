// SPDX-License-Identifier: MIT
// Writes the first inputs of the readers' fuzz targets into the folder that is its argument (tests/fuzz/corpus).

#include "../support/capture_writer.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <utility>

using namespace capture_writer;

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const std::filesystem::path corpus{arguments[1]};

    const auto write = [&](const char* target, const std::string& name, std::span<const std::byte> bytes) {
        std::filesystem::create_directories(corpus / target);
        std::ofstream file{corpus / target / name, std::ios::binary};
        file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    };
    // a capture for its reader, and for streams and growing files with some sizes of pieces
    const auto seed = [&](const char* target, const std::string& name, const byte_vector& bytes) {
        write(target, name, bytes);
        byte_vector input{std::byte{2}, std::byte{0}, std::byte{6}, std::byte{0xf4}};
        input.insert(input.end(), bytes.begin(), bytes.end());
        write("fuzz_stream", name, input);
        write("fuzz_growing_file", name, input);
    };

    for (const std::endian order : {std::endian::little, std::endian::big}) {
        const std::string suffix = order == std::endian::little ? "_little" : "_big";

        seed("fuzz_pcap", "microseconds" + suffix,
             pcap_writer{{.order = order}}.record(1, 2, counting(14), 60).record(3, 4, {}).bytes());
        seed("fuzz_pcap", "nanoseconds" + suffix,
             pcap_writer{{.order = order, .nanoseconds = true, .link = 0x1400'0071}}.record(1, 2, counting(5)).bytes());
        seed("fuzz_pcap", "version_2_2" + suffix,
             pcap_writer{{.order = order, .minor = 2}}.record_header(1, 2, 9, 3).raw(counting(3)).bytes());
        seed("fuzz_pcap", "version_2_3" + suffix,
             pcap_writer{{.order = order, .minor = 3}}.record_header(1, 2, 9, 3).raw(counting(3)).bytes());
        seed("fuzz_pcap", "cut" + suffix,
             pcap_writer{{.order = order}}
                 .record(1, 2, counting(3))
                 .record_header(1, 2, 60, 60)
                 .raw(counting(9))
                 .bytes());

        for (const auto& [name, variant] :
             {std::pair{"kuznetzov", pcap_variant::kuznetzov}, std::pair{"ixia_hardware", pcap_variant::ixia_hardware},
              std::pair{"ixia_software", pcap_variant::ixia_software}}) {
            seed("fuzz_pcap", name + suffix,
                 pcap_writer{{.order = order, .variant = variant}}
                     .record(1, 2, counting(3), 60)
                     .record(3, 4, {})
                     .bytes());
        }
        seed("fuzz_pcap", "dg_ux" + suffix,
             pcap_writer{{.order = order, .link = 0x2400'0001, .major = 543, .minor = 0}}
                 .record_header(1, 2, 9, 3)
                 .raw(counting(3))
                 .bytes());

        seed("fuzz_pcapng", "enhanced" + suffix,
             pcapng_writer{{.order = order}}.interface().enhanced(0, 1'000'000, counting(5), 60).bytes());
        seed("fuzz_pcapng", "simple" + suffix,
             pcapng_writer{{.order = order}}.interface({.snapshot_length = 4}).simple(counting(5), 60).bytes());
        seed("fuzz_pcapng", "obsolete" + suffix,
             pcapng_writer{{.order = order}}.interface().obsolete(0, 7, 1'000'000, counting(5)).bytes());
        seed("fuzz_pcapng", "clocks" + suffix,
             pcapng_writer{{.order = order}}
                 .interface({.link = 101, .resolution = 9, .offset = -5})
                 .interface({.link = 113, .resolution = 0x80 | 20})
                 .enhanced(1, 1 << 20, counting(1))
                 .enhanced(0, 1'000'000'000, counting(2))
                 .bytes());
        seed("fuzz_pcapng", "sections" + suffix,
             pcapng_writer{{.order = order}}
                 .interface()
                 .enhanced(0, 1, counting(1))
                 .section({.order = std::endian::big})
                 .interface()
                 .enhanced(0, 2, counting(2))
                 .bytes());
        const auto string = [&](std::uint16_t code, std::string_view value) {
            return pcapng_writer{{.order = order}}.option(code, text(value));
        };
        const auto number = [&](std::uint16_t code, auto value) {
            return pcapng_writer{{.order = order}}.option(code, value);
        };
        seed("fuzz_pcapng", "descriptions" + suffix,
             pcapng_writer{{.order = order, .options = join({string(1, "remark"), string(2, "PC"), string(3, "OS")})}}
                 .interface({.resolution = 9,
                             .options = join({string(2, "eth0"), number(8, std::uint64_t{1000}),
                                              string(11, {"\0tcp", 4}), number(13, std::uint8_t{4})})})
                 .enhanced(0, 1, counting(2), {},
                           join({string(1, "look"), number(2, std::uint32_t{0x201}), number(4, std::uint64_t{3})}))
                 .obsolete(0, 9, 1, counting(1), {}, string(1, "old"))
                 .statistics(0, 2, join({number(3, std::uint64_t{1}), number(4, std::uint64_t{2})}))
                 .bytes());
        seed("fuzz_pcapng", "other_version" + suffix,
             pcapng_writer{{.order = order, .major = 2}}
                 .enhanced(0, 1, counting(3))
                 .section({.order = order})
                 .interface()
                 .enhanced(0, 1, counting(1))
                 .bytes());
        seed("fuzz_pcapng", "numbered" + suffix,
             pcapng_writer{{.order = order}}
                 .block(0x0bad, counting(8))
                 .interface()
                 .block(9, counting(24))
                 .enhanced(0, 1, counting(2))
                 .bytes());
        seed("fuzz_pcapng", "odd_lengths" + suffix,
             pcapng_writer{{.order = order}}
                 .interface()
                 .block(6,
                        byte_writer{order}.put(counting(0)).put(std::uint64_t{0}).put(std::uint64_t{0}).put(0).bytes(),
                        30)
                 .block(4, counting(8), 18, 19)
                 .bytes());
        seed("fuzz_pcapng", "skipped" + suffix,
             pcapng_writer{{.order = order}}.block(4, counting(8)).interface().block(5, counting(12)).bytes());
    }
    // what only streams of all formats meet: captures behind each other, other formats, what is none
    const auto only_stream = [&](const std::string& name, const byte_vector& bytes) {
        byte_vector input{std::byte{2}, std::byte{0}, std::byte{6}, std::byte{0xf4}};
        input.insert(input.end(), bytes.begin(), bytes.end());
        write("fuzz_stream", name, input);
        write("fuzz_growing_file", name, input);
    };
    const byte_vector pcap = pcap_writer{{.order = std::endian::big, .link = 101}}.record(1, 2, counting(3)).bytes();
    const byte_vector pcapng = pcapng_writer{}.interface({.resolution = 9}).enhanced(0, 9, counting(3)).bytes();
    only_stream("pcap_behind_pcap", join({pcap, pcap_writer{{.nanoseconds = true}}.record(3, 4, counting(2)).bytes()}));
    only_stream("pcapng_behind_pcap", join({pcap, pcapng, pcap}));
    only_stream("pcap_behind_pcapng", join({pcapng, pcap, pcapng}));
    only_stream("zeros_behind_pcap", join({pcap, byte_vector(40)}));
    only_stream("zeros_behind_pcapng", join({pcapng, byte_vector(40)}));
    only_stream("nanoseconds_as_microseconds", pcap_writer{}.record(1, 5'000'000, counting(3)).bytes());
    only_stream("aix",
                pcap_writer{{.order = std::endian::big, .link = 6, .minor = 2}}.record(1, 5, counting(3)).bytes());
    for (const std::size_t more : {4u, 8u, 12u}) {
        byte_vector packet = counting(60);
        packet[12] = std::byte{8};
        packet[13] = std::byte{0};
        pcap_writer patched;
        for (std::uint32_t i = 0; i < 2; ++i)
            patched.record_header(1 + i, 0, 60, 60).raw(byte_vector(more)).raw(packet);
        only_stream("record_headers_of_" + std::to_string(16 + more), patched.bytes());
    }
    byte_writer snoop{std::endian::big};
    snoop.put(text({"snoop\0\0\0", 8})).put(2).put(4).put(60).put(5).put(32).put(0).put(1).put(2);
    only_stream("snoop", snoop.put(counting(8)).bytes());
    byte_writer erf;
    for (std::uint32_t i = 0; i < 2; ++i) {
        erf.use(std::endian::little);
        erf.put(i).put(std::uint32_t{1'700'000'000}).put(std::uint8_t{2}).put(std::uint8_t{0});
        erf.use(std::endian::big);
        erf.put(std::uint16_t{24}).put(std::uint16_t{0}).put(std::uint16_t{60}).put(counting(8));
    }
    only_stream("erf", erf.bytes());
    only_stream("text_before_pcap", join({text("listening on eth0\n"), pcap}));
    only_stream("hex_dump", text("00000000: d4c3 b2a1 0200 0400"));
    only_stream("lzma", text({"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0", 14}));
    only_stream("skippable", text({"\x50\x2a\x4d\x18\2\0\0\0ab\x28\xb5\x2f\xfd", 14}));
    only_stream("utf_16", text({"\xff\xfe\x58\x25\x1c\x25\x93\x25\xed\0\2\0", 12}));
    only_stream("line_ends", text({"\r\n\r\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0", 16}));

    for (const char* const target : {"fuzz_pcap", "fuzz_pcapng"}) {
        write(target, "empty", {});
        write(target, "text", text("neither"));
        write(target, "gzip", text("\x1f\x8b\x08"));
    }
}
