// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

/// How something changed a capture that it took for text: values of capture_error::subject.
namespace tcplens::inline v1::detail::altered_by {
inline constexpr std::string_view utf_16 = "UTF-16";
inline constexpr std::string_view utf_8 = "UTF-8";
inline constexpr std::string_view ascii = "ASCII";
inline constexpr std::string_view seven_bits = "7 bits";
inline constexpr std::string_view docker = "frames of Docker";
inline constexpr std::string_view swapped_bytes = "swapped bytes";
inline constexpr std::string_view crs_before_lfs = "LF to CR LF";
inline constexpr std::string_view line_ends = "line ends";
inline constexpr std::string_view text_before = "text before";
} // namespace tcplens::inline v1::detail::altered_by

/// What a file is whose beginning is missing: values of capture_error::subject.
namespace tcplens::inline v1::detail::file_part {
inline constexpr std::string_view of_pcap = "packet records of a pcap capture";
inline constexpr std::string_view of_pcapng = "blocks of a pcapng capture";
inline constexpr std::string_view behind_zeros = "zeros, then other bytes";
} // namespace tcplens::inline v1::detail::file_part

/// What a text is that is no capture: values of capture_error::subject, which go on with what to do.
namespace tcplens::inline v1::detail::text_kind {
inline constexpr std::string_view git_lfs = "a Git LFS pointer";
inline constexpr std::string_view html = "an HTML page";
inline constexpr std::string_view xml = "an XML document";
inline constexpr std::string_view base_64 = "Base64";
inline constexpr std::string_view uuencoded = "uuencoded";
inline constexpr std::string_view tcpdump = "text of tcpdump";
inline constexpr std::string_view tshark = "text of tshark";
inline constexpr std::string_view hexadecimal = "a hex dump";
inline constexpr std::string_view hexadecimal_words = "a dump of words";
inline constexpr std::string_view packet_dump = "a hex dump of packets";
inline constexpr std::string_view numbers = "bytes written as numbers";
inline constexpr std::string_view escapes = "bytes written as escape sequences";
inline constexpr std::string_view quoted_printable = "quoted-printable";
inline constexpr std::string_view json = "JSON";
inline constexpr std::string_view packet_list = "a list of packets as Wireshark and tshark print it";
inline constexpr std::string_view zeek_log = "a log of Zeek";
inline constexpr std::string_view utf_16 = "text in UTF-16";
inline constexpr std::string_view other = "text";
} // namespace tcplens::inline v1::detail::text_kind

namespace tcplens::inline v1 {

/// The reason why a capture could not be opened, or why reading ended before its end.
enum class capture_error_code : std::uint8_t {
    // The file could not be opened or read.
    file_not_found,    ///< there is no file with this path
    permission_denied, ///< the system does not permit this user to read it
    is_a_directory,    ///< the path names a directory
    open_failed,       ///< another reason: capture_error::system_error has it
    read_failed,       ///< the system, or the source of a stream, failed while the capture was read
    // The file is no capture, or of a kind that is not read.
    empty,         ///< there are no bytes
    not_a_capture, ///< none of the formats that are read or known: capture_error::subject and excerpt tell of text
    other_format,  ///< a capture of a format that is not read: capture_error::subject has its name
    compressed, ///< compressed, or an archive: capture_error::subject has the name of the format, e.g. gzip, zip or tar
    unsupported_version, ///< a pcap file before version 2, or a pcapng section with another major version than 1
    // The capture is damaged.
    altered,          ///< it was taken for text, and changed: capture_error::subject says how
    file_shrank,      ///< another program cut the file while it was read, perhaps to write it anew
    file_overwritten, ///< another program wrote over the beginning of the file while it was read
    truncated,        ///< it ends within a header, a record or a block
    only_zeros,       ///< there are only zeros from somewhere on: after a crash, or in a file that was allocated before
    zero_gap,         ///< there are zeros where a packet is due, and other bytes behind them
    bad_byte_order_magic, ///< pcapng: the byte order of a section cannot be told
    bad_block_length,     ///< pcapng: a block length is impossible, or not the same at both ends of the block
    bad_captured_length,  ///< pcapng: a packet claims more bytes than its block has
    bad_option,           ///< pcapng: an option of an interface, which may be that of its clock, reaches past its block
    record_too_long,      ///< a record claims more bytes than any link type allows: `capture_limits::max_record_length`
    unknown_interface,    ///< pcapng: a packet names an interface that was not described before it
    too_many_interfaces,  ///< pcapng: a section describes more than `capture_limits::max_interfaces_per_section`
};

/// The enumerator's name, e.g. "record_too_long"; "unknown" for a value without a name.
[[nodiscard]] constexpr std::string_view to_string(capture_error_code code) noexcept {
    constexpr std::array<std::string_view, 23> names{
        "file_not_found",  "permission_denied",    "is_a_directory",     "open_failed",         "read_failed",
        "empty",           "not_a_capture",        "other_format",       "compressed",          "unsupported_version",
        "altered",         "file_shrank",          "file_overwritten",   "truncated",           "only_zeros",
        "zero_gap",        "bad_byte_order_magic", "bad_block_length",   "bad_captured_length", "bad_option",
        "record_too_long", "unknown_interface",    "too_many_interfaces"};
    const auto index = static_cast<std::size_t>(code);
    return index < names.size() ? names[index] : "unknown";
}

/// An error of a capture: what is wrong, and where.
///
/// All packets before it were delivered. After an unsupported_version of a pcapng section, which is skipped, so were all packets
/// of other sections.
struct capture_error {
    /// What is wrong.
    capture_error_code code{};
    /// Where the damaged header, record or block begins: bytes from the start of the capture.
    std::uint64_t offset = 0;
    /// The number of the packet that could not be delivered, counted from 1; 0 if the error is in the header of the capture.
    std::uint64_t packet_number = 0;
    /// The length in bytes from `offset`, or the value, that the capture claims; 0 where that has no meaning.
    std::uint64_t needed = 0;
    /// The length in bytes from `offset`, or the value, that there is.
    std::uint64_t available = 0;
    /// The errno of open_failed and read_failed; 0 if it is not known, and for all other codes.
    int system_error = 0;
    /// The part of the capture that is damaged, or what the file is: "packet record", "gzip". Static; may be empty.
    std::string_view subject{};
    /// The first characters of a file that is text, without line ends, with a 0 behind them: see quoted(). Empty for all else.
    std::array<char, 64> excerpt{};

    /// The excerpt as a string: printable ASCII. Valid as long as this object.
    [[nodiscard]] constexpr std::string_view quoted() const noexcept {
        const std::string_view all{excerpt.data(), excerpt.size()};
        return all.substr(0, all.find('\0'));
    }

    friend constexpr bool operator==(const capture_error&, const capture_error&) = default;
};

namespace detail {

/// Writes the sentences of to_string(const capture_error&).
class capture_error_text {
public:
    explicit capture_error_text(const capture_error& error) noexcept : error_(error) {}

    [[nodiscard]] std::string all() const {
        if (error_.packet_number != 0 && !something_else().empty()) {
            return "damaged at byte " + number(error_.offset) + " in packet " + number(error_.packet_number) + ": " +
                   something_else() + " where a packet is due." + packets_read();
        }
        switch (error_.code) {
            using enum capture_error_code;
        case file_not_found: return "there is no such file.";
        case permission_denied: return "permission to read the file is denied.";
        case is_a_directory: return "is a directory, not a capture file.";
        case open_failed: return "cannot be opened" + system() + ".";
        case empty: return "is empty: there is not even the header of a capture.";
        case not_a_capture: return not_a_capture_text();
        case other_format: return other_format_text();
        case altered: return altered_text();
        case file_shrank:
            return "was cut while it was read: it had " + number(error_.needed) + " bytes and has " +
                   number(error_.available) + " now." + packets_read("the cut");
        case file_overwritten:
            return "was overwritten while it was read: its beginning has changed." + packets_read("that was noticed") +
                   " The last ones may be of the new file.";
        case only_zeros:
            return "has only zeros from byte " + number(error_.offset) + " on (" + number(error_.available) +
                   " bytes): it was not written to its end." + packets_read("them");
        case compressed: return compressed_text();
        case unsupported_version: return unsupported_version_text();
        case read_failed: return "reading failed at byte " + number(error_.offset) + system() + "." + packets_read();
        case truncated:
            return "cut off " + place() + " (needs " + number(error_.needed) + " bytes, " + number(error_.available) +
                   " are left)." + packets_read();
        default: return "damaged " + place() + ": " + damage() + "." + packets_read();
        }
    }

private:
    /// What stands in the place of a packet, if it is known, and is no capture that is read.
    [[nodiscard]] std::string something_else() const {
        switch (error_.code) {
            using enum capture_error_code;
        case not_a_capture: return "text stands ('" + std::string{error_.quoted()} + "')";
        case compressed: return "a compressed file (" + std::string{error_.subject} + ") begins";
        case other_format: return "a capture of another format (" + std::string{error_.subject} + ") begins";
        default: return {};
        }
    }
    /// What is wrong in the part of the capture that place() names.
    [[nodiscard]] std::string damage() const {
        const std::string needed = number(error_.needed);
        const std::string available = number(error_.available);
        switch (error_.code) {
            using enum capture_error_code;
        case bad_byte_order_magic:
            return "the byte-order magic is " + hexadecimal(error_.available) +
                   " (0x1a2b3c4d is right, in either byte order)";
        case bad_block_length:
            if (error_.needed == error_.available) return "the block length " + needed + " is impossible";
            return "the block length is " + needed + " at its start and " + available + " at its end";
        case bad_captured_length: return "it claims " + needed + " captured bytes and has room for " + available;
        case bad_option: return "an option claims " + needed + " bytes, " + available + " are left";
        case record_too_long: return "it claims " + needed + " bytes, at most " + available + " are possible";
        case zero_gap: return number(error_.available) + " zero bytes stand where a packet is due";
        case unknown_interface:
            return "it names interface " + needed + " (counted from 0), and only " + available +
                   (error_.available == 1 ? " is" : " are") + " described";
        case too_many_interfaces:
            return "the section describes " + needed + " interfaces, at most " + available + " are possible";
        default: return "unknown error";
        }
    }

    [[nodiscard]] std::string not_a_capture_text() const {
        if (error_.subject == "zeros")
            return "begins with zeros only: nothing was written into it, or its contents were lost.";
        if (error_.subject == file_part::behind_zeros) {
            return "begins with zeros where the header of a capture is due: its beginning was not written, or was "
                   "lost.";
        }
        if (error_.subject == file_part::of_pcap || error_.subject == file_part::of_pcapng) {
            return "has " + std::string{error_.subject} +
                   " without the header that belongs before them: the beginning of the file is missing. Take the file "
                   "from its "
                   "first byte on.";
        }
        if (!error_.subject.empty() && error_.quoted().empty()) {
            return "is " + std::string{error_.subject} + ", not a capture.";
        }
        const std::string quote = "'" + std::string{error_.quoted()} + "'";
        if (!error_.subject.empty()) {
            return "is " + std::string{error_.subject} + " (" + quote + "), not a capture. " + advice_for_text();
        }
        std::string text = "is neither a pcap nor a pcapng capture";
        if (error_.available != 0) text += " (begins with " + hexadecimal(error_.available) + ")";
        return text + ". Wireshark's editcap converts other capture formats: editcap -F pcapng FILE NEW_FILE.";
    }
    [[nodiscard]] std::string advice_for_text() const {
        struct advice {
            std::string_view kind;
            std::string_view sentence;
        };
        constexpr std::array known{
            advice{text_kind::git_lfs, "Fetch the capture that it stands for: git lfs pull."},
            advice{text_kind::html, "The download gave a page instead of the capture."},
            advice{text_kind::xml, "The download may have given an answer instead of the capture."},
            advice{text_kind::base_64, "Decode it: base64 -d FILE > NEW_FILE."},
            advice{text_kind::uuencoded, "Decode it: uudecode -o NEW_FILE FILE."},
            advice{text_kind::tcpdump, "Packets are written to a file by tcpdump -w FILE."},
            advice{text_kind::tshark, "Packets are written to a file by tshark -w FILE."},
            advice{text_kind::hexadecimal,
                   "Turn it into bytes: xxd -r FILE > NEW_FILE, or xxd -r -p if its lines have no offsets."},
            advice{text_kind::numbers,
                   "Turn the numbers into bytes, for example with xxd -r -p once the commas are gone."},
            advice{text_kind::escapes, "Turn it into bytes: printf '%b' \"$(cat FILE)\" > NEW_FILE."},
            advice{text_kind::quoted_printable, "Decode it: qprint -d FILE NEW_FILE."},
            advice{text_kind::json, "Packets are needed, not what a program wrote of them: tshark -w FILE."},
            advice{text_kind::packet_list, "Packets are written to a file by tshark -w FILE."},
            advice{text_kind::zeek_log, "The capture that Zeek read is needed."},
            advice{text_kind::hexadecimal_words,
                   "Its words are in another order than the bytes: dump the capture again with xxd."},
            advice{text_kind::packet_dump, "Wireshark's text2pcap makes a capture of it: text2pcap FILE NEW_FILE."},
        };
        for (const auto& [kind, sentence] : known) {
            if (kind == error_.subject) return std::string{sentence};
        }
        return "Only binary captures are read (tcpdump -w FILE).";
    }
    [[nodiscard]] std::string other_format_text() const {
        std::string text = "is a capture of another format (" + std::string{error_.subject} + "). Convert it with ";
        if (error_.subject.starts_with("Windows")) return text + "etl2pcapng: etl2pcapng FILE NEW_FILE.";
        return text + "Wireshark's editcap: editcap -F pcapng FILE NEW_FILE.";
    }
    [[nodiscard]] std::string altered_text() const {
        if (error_.subject == altered_by::docker) {
            return "is a capture within the frames of Docker's API, which has a header before each piece of output. "
                   "Take the "
                   "output of the program 'docker logs' or 'docker exec' (without -t), or let the capturing program "
                   "write a file.";
        }
        if (error_.subject == altered_by::swapped_bytes) {
            return "was a capture, and the two bytes of each pair are swapped now. Swap them back: dd conv=swab "
                   "if=FILE "
                   "of=NEW_FILE.";
        }
        if (error_.subject == altered_by::seven_bits) {
            return "was a capture, and the highest bit of each byte is lost: a transfer of 7 bits changed it, and "
                   "cannot be "
                   "undone. Transfer it again as bytes.";
        }
        if (error_.subject == altered_by::utf_16 || error_.subject == altered_by::utf_8 ||
            error_.subject == altered_by::ascii) {
            return "was a capture, and is text in " + std::string{error_.subject} +
                   " now: a redirection (>) of PowerShell changed its bytes, and cannot be undone. Let the program "
                   "that captures "
                   "write the file (tcpdump -w FILE), or redirect in cmd.exe.";
        }
        if (error_.subject == altered_by::text_before) {
            const std::string at = number(error_.available);
            return "begins with text ('" + std::string{error_.quoted()} + "'); a capture begins behind it, at byte " +
                   at + ". Cut the text off: tail -c +" + std::to_string(error_.available + 1) + " FILE > NEW_FILE.";
        }
        std::string text = "was changed by a transfer as text";
        text += error_.subject == altered_by::crs_before_lfs ? " (LF became CR LF)" : " (its line ends were changed)";
        if (error_.packet_number != 0)
            text += ", as is seen at byte " + number(error_.offset) + " in packet " + number(error_.packet_number);
        text += ". Transfer it again as bytes: FTP in binary mode, adb exec-out, no terminal (ssh -T, kubectl exec "
                "without -t).";
        if (error_.packet_number != 0) text += packets_read();
        return text;
    }
    [[nodiscard]] std::string compressed_text() const {
        struct unpacking {
            std::string_view format;
            std::string_view command;
            bool can_hold_tar = false; ///< and tar unpacks it
        };
        constexpr std::array known{
            unpacking{"gzip", "gzip -dc", true},
            unpacking{"compress", "gzip -dc", true},
            unpacking{"zstd", "zstd -dc", true},
            unpacking{"xz", "xz -dc", true},
            unpacking{"lzma", "xz -dc", true},
            unpacking{"bzip2", "bzip2 -dc", true},
            unpacking{"lzip", "lzip -dc", true},
            unpacking{"lzop", "lzop -dc", true},
            unpacking{"lz4", "lz4 -dc"},
            unpacking{"pack", "gzip -dc"},
            unpacking{"snappy", "snzip -dc"},
            unpacking{"zip", "unzip -p"},
            unpacking{"7z", "7z x -so"},
            unpacking{"rar", "unrar p -inul"},
            unpacking{"cab", "cabextract -p"},
            unpacking{"cpio", "cpio -i --to-stdout <"},
            unpacking{"ar", "ar p"},
            unpacking{"tar", "tar -xOf"},
        };
        const unpacking* found = known.data();
        const unpacking* const end = found + known.size();
        while (found != end && found->format != error_.subject) ++found;
        const bool is_archive = error_.subject == "tar" || error_.subject == "cpio" || error_.subject == "ar";
        std::string text = is_archive ? "is an archive (" : "is compressed (";
        text += error_.subject;
        text += "). Unpack it first";
        if (found == end) return text + ".";
        text += ", or read the output of '" + std::string{found->command} + " FILE' through a pipe";
        if (found->can_hold_tar) text += " (of a tar archive in it: 'tar -xOf FILE')";
        return text + ".";
    }
    [[nodiscard]] std::string unsupported_version_text() const {
        const bool is_section = error_.subject == "section header";
        std::string text = "unsupported version " + number(error_.available) + " in the ";
        text += error_.subject;
        text += " at byte " + number(error_.offset) + " (version " + number(error_.needed) + " is read).";
        if (is_section) text += " The packets of this section were skipped; all other packets were read.";
        return text;
    }

    /// "at byte 98,218 in packet 588", or in a part of the capture that is no packet.
    [[nodiscard]] std::string place() const {
        std::string text = "at byte " + number(error_.offset) + " in ";
        const bool is_packet = error_.subject.find("packet") != std::string_view::npos;
        if (is_packet && error_.packet_number != 0) return text + "packet " + number(error_.packet_number);
        if (error_.subject.empty()) return text + "the capture";
        text += error_.subject == "block" ? "a " : "the ";
        text += error_.subject;
        if (error_.packet_number != 0) text += " before packet " + number(error_.packet_number);
        return text;
    }
    [[nodiscard]] std::string packets_read(const std::string& before = "it") const {
        switch (error_.packet_number) {
        case 0:
        case 1: return " No packet was read.";
        case 2: return " The packet before " + before + " was read.";
        default: return " The " + number(error_.packet_number - 1) + " packets before " + before + " were read.";
        }
    }
    [[nodiscard]] std::string system() const {
        if (error_.system_error == 0) return {};
        return " (" + std::generic_category().message(error_.system_error) + ")";
    }

    [[nodiscard]] static std::string number(std::uint64_t value) {
        std::string digits = std::to_string(value);
        for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
        return digits;
    }
    [[nodiscard]] static std::string hexadecimal(std::uint64_t value) {
        std::string digits = "0x";
        for (int shift = 28; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(value >> shift) & 15];
        return digits;
    }

    const capture_error& error_;
};

} // namespace detail

/// The error as text for people, to be printed behind the name of the file and a colon: what is wrong, where, which packets were
/// read, and what to do. It ends with a full stop.
///
///     cut off at byte 98,218 in packet 588 (needs 146 bytes, 86 are left). The 587 packets before it were read.
[[nodiscard]] inline std::string to_string(const capture_error& error) {
    return detail::capture_error_text{error}.all();
}

} // namespace tcplens::inline v1
