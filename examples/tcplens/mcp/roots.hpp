// SPDX-License-Identifier: MIT
#pragma once

// The folders that clients may read captures of. Nothing outside of them can be opened, whatever path a client sends and whatever
// another program does to the folders meanwhile.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program::context_server {

/// A file descriptor that is closed with this object.
class owned_descriptor {
public:
    owned_descriptor() = default;
    explicit owned_descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
    owned_descriptor(owned_descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    owned_descriptor& operator=(owned_descriptor&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~owned_descriptor();

    [[nodiscard]] int get() const noexcept { return descriptor_; }
    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

private:
    int descriptor_ = -1;
};

/// Which file it is, and which state of it.
struct file_identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t changed_ns = 0; ///< time of the last change of its bytes

    [[nodiscard]] friend bool operator==(const file_identity&, const file_identity&) = default;
};

/// What the system says of an open file now.
[[nodiscard]] file_identity identity_of(int descriptor);

/// A path that opens the file of a descriptor again.
[[nodiscard]] std::string path_of(int descriptor);

/// A regular file beneath a root, or one that was fetched.
struct opened_file {
    owned_descriptor descriptor{};
    std::string
        path{}; ///< opens this very file once more as long as the descriptor is open, whatever its name leads to now
    std::string shown{};  ///< relative to its root, as people call it; of what was fetched its URL
    std::size_t root = 0; ///< of what was fetched nothing
    file_identity identity{};
};

/// A file or a folder, found by walking through the roots.
struct found_file {
    std::size_t root = 0;
    std::string path{}; ///< relative to the root
    std::uint64_t size = 0;
};

class roots {
public:
    /// How a file is opened beneath a folder.
    enum class manner {
        fastest,    ///< by openat2(RESOLVE_BENEATH) where the system has it
        by_walking, ///< name by name, without following any symbolic link
    };

    /// Opens the folders. \throws usage_error with a sentence if one is none
    explicit roots(const std::vector<std::string>& folders, manner how = manner::fastest);

    /// Opens a capture by a path: an absolute one beneath a root, or one that is relative to a root.
    /// \throws tool_failure if it is not a regular file beneath a root, or cannot be read
    [[nodiscard]] opened_file open(std::string_view path) const;
    /// The same of one root. @pre root < size()
    [[nodiscard]] opened_file open(std::size_t root, std::string_view relative) const;

    [[nodiscard]] std::size_t size() const noexcept { return folders_.size(); }
    /// The captures beneath all roots, by their names' endings, in the order of their paths: the first `most` of them.
    /// Symbolic links are not followed.
    [[nodiscard]] std::vector<found_file> captures(std::size_t most) const;

private:
    struct folder {
        std::string path;      ///< as it was given, without a slash at its end
        std::string canonical; ///< without symbolic links
        owned_descriptor descriptor;
    };
    struct attempt {
        std::optional<opened_file> file{};
        std::string complaint{}; ///< a sentence
    };

    [[nodiscard]] attempt try_open(std::size_t root, std::string_view relative) const;
    [[nodiscard]] int open_beneath(int folder, const std::string& relative) const;

    std::vector<folder> folders_{};
    manner how_;
};

/// The file of a name in a folder, made for writing; it must not be there before. Used by the one tool that writes.
class writable_folder {
public:
    /// \throws usage_error if it is no folder
    explicit writable_folder(const std::string& path);

    /// Makes a new file of this name. \throws tool_failure if the name is no plain one, or the file is there
    [[nodiscard]] owned_descriptor create(const std::string& name) const;
    void remove(const std::string& name) const noexcept;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
    owned_descriptor descriptor_;
};

} // namespace program::context_server
