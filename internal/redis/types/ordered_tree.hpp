// The order of a large sorted set: a counted B+tree over its members.
//
// A leaf holds up to 32 members in order, each as its score and a pointer to the member's own
// allocation, so that most comparisons touch the leaf alone; a branch holds for each child its
// first member, again with the score, and how many members lie below it. The counts answer both
// "which rank" and "who has that rank" in one descent, so every range is an interval of ranks, and
// every count of a range is a subtraction. Rejected: a skip list (Redis'; a pointer chase per
// level, 30-60 bytes per member where this takes 23), an order tree of binary nodes (as many cache
// misses as comparisons).
//
// Order: by score, then by the bytes of the member. The tree does not own the members: what it is
// given stays alive until it is erased, and its score changes only through move(). Not thread-safe.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace assay::redis {

// One member of a large sorted set, in a block of its own: the table by member and the tree by
// order point to the same one.
struct ScoredMember {
    double score;
    std::uint32_t size;
    char bytes[4];  // and the rest of them behind

    std::string_view name() const { return {bytes, size}; }

    static ScoredMember* create(std::string_view name, double score);
    static void destroy(ScoredMember* member);
    static std::size_t footprint(const ScoredMember* member);
};

class OrderedTree {
    struct Node;
    struct Leaf;
    struct Branch;

  public:
    // A place in the order. Valid until the next change of the tree.
    class Position {
      public:
        ScoredMember* member() const;
        double score() const;
        explicit operator bool() const { return leaf_ != nullptr; }
        // To the neighbour; beyond the last one it becomes empty.
        void advance();
        void retreat();

      private:
        friend class OrderedTree;
        Position(Leaf* leaf, std::size_t index) : leaf_(leaf), index_(index) {}
        Leaf* leaf_;
        std::size_t index_;
    };

    OrderedTree() = default;
    ~OrderedTree();
    OrderedTree(OrderedTree&& other) noexcept
        : root_(std::exchange(other.root_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    OrderedTree& operator=(OrderedTree&& other) noexcept {
        std::swap(root_, other.root_);
        std::swap(size_, other.size_);
        return *this;
    }

    std::size_t size() const { return size_; }
    std::size_t memory_usage() const;

    // `member` is not in the tree yet.
    void insert(ScoredMember* member);
    // `member` is in the tree; afterwards the caller owns it alone.
    void erase(const ScoredMember* member);
    ScoredMember* erase_at(std::size_t rank);
    // Gives a member of the tree another score.
    void move(ScoredMember* member, double score);

    // rank < size().
    Position at(std::size_t rank) const;
    std::size_t rank_of(const ScoredMember* member) const;

    // How many members come first for which before(score, member) holds; it holds for a prefix of
    // the order and looks at `member` only when the score does not decide.
    template <class Before>
    std::size_t count_while(Before before) const;

  private:
    static constexpr std::size_t kFanout = 32;
    static constexpr std::size_t kMaxDepth = 16;

    struct Key {
        double score;
        ScoredMember* member;
    };
    struct Node {
        std::uint16_t count = 0;  // of keys
        bool is_leaf;
        // Scores apart from pointers: a search reads the scores of a node in four cache lines.
        double scores[kFanout];
        ScoredMember* members[kFanout];

        explicit Node(bool leaf) : is_leaf(leaf) {}
        Key key(std::size_t index) const { return {scores[index], members[index]}; }
        void set_key(std::size_t index, Key key) {
            scores[index] = key.score;
            members[index] = key.member;
        }
        template <class Before>
        std::size_t partition(Before before) const;
    };
    struct Leaf : Node {
        Leaf* previous = nullptr;
        Leaf* next = nullptr;
        Leaf() : Node(true) {}
    };
    struct Branch : Node {
        Node* children[kFanout];
        std::size_t sizes[kFanout];  // members below each child
        Branch() : Node(false) {}
    };
    // The way from the root to a leaf.
    struct Path {
        struct Step {
            Branch* branch;
            std::size_t index;
        };
        Step steps[kMaxDepth];
        std::size_t depth = 0;
        Leaf* leaf = nullptr;
        std::size_t index = 0;
    };

    static bool less(const Key& left, const Key& right);
    static std::size_t size_of(const Node* node);
    static std::size_t bytes_below(const Node* node);
    static void destroy_below(Node* node);
    static void insert_key(Node* node, std::size_t at, Key key);
    static void insert_child(Branch* branch, std::size_t at, Node* child);
    static void erase_child(Branch* branch, std::size_t at);
    static Node* split(Node* node, bool at_end);
    static void refresh(Branch* branch, std::size_t index);
    static void move_entries(Node* from, std::size_t begin, std::size_t count, Node* to,
                             std::size_t at);
    static void balance(Branch* branch, std::size_t index);

    Path path_to(const Key& key) const;
    Path path_to_rank(std::size_t rank) const;
    void grow_root(Node* sibling);
    ScoredMember* erase_path(const Path& path);

    Node* root_ = nullptr;
    std::size_t size_ = 0;
};

template <class Before>
std::size_t OrderedTree::Node::partition(Before before) const {
    std::size_t low = 0;
    std::size_t high = count;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (before(scores[middle], members[middle])) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

template <class Before>
std::size_t OrderedTree::count_while(Before before) const {
    if (root_ == nullptr) return 0;
    std::size_t total = 0;
    const Node* node = root_;
    while (!node->is_leaf) {
        const auto* branch = static_cast<const Branch*>(node);
        const std::size_t first_not = branch->partition(before);
        if (first_not == 0) return total;
        for (std::size_t i = 0; i + 1 < first_not; ++i) total += branch->sizes[i];
        node = branch->children[first_not - 1];
    }
    return total + node->partition(before);
}

}  // namespace assay::redis
