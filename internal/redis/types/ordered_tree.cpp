#include "internal/redis/types/ordered_tree.hpp"

#include <algorithm>
#include <functional>

#include "internal/redis/memory/memory.hpp"

namespace assay::redis {
namespace {

// The ranges may overlap.
template <class T>
void slide(const T* from, std::size_t count, T* to) {
    if (std::less<const T*>()(to, from)) {
        std::copy(from, from + count, to);
    } else {
        std::copy_backward(from, from + count, to + count);
    }
}

}  // namespace

ScoredMember* ScoredMember::create(std::string_view name, double score) {
    const std::size_t bytes = offsetof(ScoredMember, bytes) + name.size();
    auto* member =
        static_cast<ScoredMember*>(memory::allocate(std::max(bytes, sizeof(ScoredMember))));
    member->score = score;
    member->size = static_cast<std::uint32_t>(name.size());
    if (!name.empty()) std::memcpy(member->bytes, name.data(), name.size());
    return member;
}

void ScoredMember::destroy(ScoredMember* member) {
    memory::release(member);
}

std::size_t ScoredMember::footprint(const ScoredMember* member) {
    return memory::footprint(member);
}

ScoredMember* OrderedTree::Position::member() const {
    return leaf_->members[index_];
}

double OrderedTree::Position::score() const {
    return leaf_->scores[index_];
}

void OrderedTree::Position::advance() {
    if (++index_ < leaf_->count) return;
    leaf_ = leaf_->next;
    index_ = 0;
}

void OrderedTree::Position::retreat() {
    if (index_ > 0) {
        --index_;
        return;
    }
    leaf_ = leaf_->previous;
    index_ = leaf_ == nullptr ? 0 : leaf_->count - 1u;
}

OrderedTree::~OrderedTree() {
    if (root_ != nullptr) destroy_below(root_);
}

void OrderedTree::destroy_below(Node* node) {
    if (node->is_leaf) return memory::destroy(static_cast<Leaf*>(node));
    auto* branch = static_cast<Branch*>(node);
    for (std::size_t i = 0; i < branch->count; ++i) destroy_below(branch->children[i]);
    memory::destroy(branch);
}

std::size_t OrderedTree::memory_usage() const {
    return root_ == nullptr ? 0 : bytes_below(root_);
}

std::size_t OrderedTree::bytes_below(const Node* node) {
    std::size_t bytes = memory::footprint(node);
    if (node->is_leaf) return bytes;
    const auto* branch = static_cast<const Branch*>(node);
    for (std::size_t i = 0; i < branch->count; ++i) bytes += bytes_below(branch->children[i]);
    return bytes;
}

bool OrderedTree::less(const Key& left, const Key& right) {
    if (left.score != right.score) return left.score < right.score;
    return left.member != right.member && left.member->name() < right.member->name();
}

std::size_t OrderedTree::size_of(const Node* node) {
    if (node->is_leaf) return node->count;
    const auto* branch = static_cast<const Branch*>(node);
    std::size_t total = 0;
    for (std::size_t i = 0; i < branch->count; ++i) total += branch->sizes[i];
    return total;
}

// Copies entries of a node, with the children of a branch; counts are the caller's.
void OrderedTree::move_entries(Node* from, std::size_t begin, std::size_t count, Node* to,
                               std::size_t at) {
    slide(from->scores + begin, count, to->scores + at);
    slide(from->members + begin, count, to->members + at);
    if (from->is_leaf) return;
    auto* source = static_cast<Branch*>(from);
    auto* target = static_cast<Branch*>(to);
    slide(source->children + begin, count, target->children + at);
    slide(source->sizes + begin, count, target->sizes + at);
}

void OrderedTree::insert_key(Node* node, std::size_t at, Key key) {
    move_entries(node, at, node->count - at, node, at + 1);
    node->set_key(at, key);
    ++node->count;
}

void OrderedTree::insert_child(Branch* branch, std::size_t at, Node* child) {
    insert_key(branch, at, child->key(0));
    branch->children[at] = child;
    branch->sizes[at] = size_of(child);
}

void OrderedTree::erase_child(Branch* branch, std::size_t at) {
    move_entries(branch, at + 1, branch->count - at - 1, branch, at);
    --branch->count;
}

// Moves the upper half into a new node, or little when the tree grows at its end, which keeps the
// nodes of a set that is filled in order full.
OrderedTree::Node* OrderedTree::split(Node* node, bool at_end) {
    Node* sibling = nullptr;
    if (node->is_leaf) {
        auto* left = static_cast<Leaf*>(node);
        auto* right = memory::create<Leaf>();
        right->previous = left;
        right->next = left->next;
        if (right->next != nullptr) right->next->previous = right;
        left->next = right;
        sibling = right;
    } else {
        sibling = memory::create<Branch>();
    }
    const std::size_t kept = at_end ? kFanout - 2 : kFanout / 2;
    move_entries(node, kept, kFanout - kept, sibling, 0);
    sibling->count = static_cast<std::uint16_t>(kFanout - kept);
    node->count = static_cast<std::uint16_t>(kept);
    return sibling;
}

// Renews what a branch says about a child.
void OrderedTree::refresh(Branch* branch, std::size_t index) {
    branch->set_key(index, branch->children[index]->key(0));
    branch->sizes[index] = size_of(branch->children[index]);
}

OrderedTree::Path OrderedTree::path_to(const Key& key) const {
    Path path;
    const auto not_after = [&](double score, ScoredMember* member) {
        return !less(key, {score, member});
    };
    Node* node = root_;
    while (!node->is_leaf) {
        auto* branch = static_cast<Branch*>(node);
        const std::size_t after = branch->partition(not_after);
        path.steps[path.depth] = {branch, after == 0 ? 0 : after - 1};
        node = branch->children[path.steps[path.depth++].index];
    }
    path.leaf = static_cast<Leaf*>(node);
    path.index = node->partition([&](double score, ScoredMember* member) {
        return less({score, member}, key);
    });
    return path;
}

OrderedTree::Path OrderedTree::path_to_rank(std::size_t rank) const {
    Path path;
    Node* node = root_;
    while (!node->is_leaf) {
        auto* branch = static_cast<Branch*>(node);
        std::size_t index = 0;
        while (rank >= branch->sizes[index]) rank -= branch->sizes[index++];
        path.steps[path.depth++] = {branch, index};
        node = branch->children[index];
    }
    path.leaf = static_cast<Leaf*>(node);
    path.index = rank;
    return path;
}

void OrderedTree::grow_root(Node* sibling) {
    auto* branch = memory::create<Branch>();
    insert_child(branch, 0, root_);
    insert_child(branch, 1, sibling);
    root_ = branch;
}

void OrderedTree::insert(ScoredMember* member) {
    if (root_ == nullptr) root_ = memory::create<Leaf>();
    const Key key{member->score, member};
    const Path path = path_to(key);
    ++size_;

    Node* node = path.leaf;
    Node* sibling = nullptr;
    std::size_t index = path.index;
    if (node->count == kFanout) {
        sibling = split(node, index == kFanout && path.leaf->next == nullptr);
        if (index > node->count) {
            index -= node->count;
            node = sibling;
        }
    }
    insert_key(node, index, key);

    for (std::size_t depth = path.depth; depth-- > 0;) {
        auto [branch, child] = path.steps[depth];
        if (sibling == nullptr) {
            ++branch->sizes[child];
            if (less(key, branch->key(child))) branch->set_key(child, key);
            continue;
        }
        refresh(branch, child);
        Branch* target = branch;
        Node* upper = nullptr;
        std::size_t at = child + 1;
        if (branch->count == kFanout) {
            upper = split(branch, at == kFanout);
            if (at > branch->count) {
                at -= branch->count;
                target = static_cast<Branch*>(upper);
            }
        }
        insert_child(target, at, sibling);
        sibling = upper;
    }
    if (sibling != nullptr) grow_root(sibling);
}

// Joins a child that has become small with a neighbour, or evens the two out.
void OrderedTree::balance(Branch* branch, std::size_t index) {
    if (branch->count == 1) return;
    const std::size_t left_index = index == 0 ? 0 : index - 1;
    Node* left = branch->children[left_index];
    Node* right = branch->children[left_index + 1];
    const std::size_t total = std::size_t{left->count} + right->count;
    if (total <= kFanout * 3 / 4) {
        move_entries(right, 0, right->count, left, left->count);
        left->count = static_cast<std::uint16_t>(total);
        if (right->is_leaf) {
            auto* leaf = static_cast<Leaf*>(right);
            leaf->previous->next = leaf->next;
            if (leaf->next != nullptr) leaf->next->previous = leaf->previous;
            memory::destroy(leaf);
        } else {
            memory::destroy(static_cast<Branch*>(right));
        }
        erase_child(branch, left_index + 1);
        refresh(branch, left_index);
        return;
    }
    const std::size_t half = total / 2;
    if (left->count < half) {
        const std::size_t moved = half - left->count;
        move_entries(right, 0, moved, left, left->count);
        move_entries(right, moved, right->count - moved, right, 0);
    } else {
        const std::size_t moved = left->count - half;
        move_entries(right, 0, right->count, right, moved);
        move_entries(left, half, moved, right, 0);
    }
    left->count = static_cast<std::uint16_t>(half);
    right->count = static_cast<std::uint16_t>(total - half);
    refresh(branch, left_index);
    refresh(branch, left_index + 1);
}

ScoredMember* OrderedTree::erase_path(const Path& path) {
    Node* node = path.leaf;
    ScoredMember* member = node->members[path.index];
    move_entries(node, path.index + 1, node->count - path.index - 1, node, path.index);
    --node->count;
    --size_;
    for (std::size_t depth = path.depth; depth-- > 0;) {
        const auto [branch, index] = path.steps[depth];
        const Node* child = branch->children[index];
        --branch->sizes[index];
        if (child->count > 0) branch->set_key(index, child->key(0));
        if (child->count < kFanout / 4) balance(branch, index);
    }
    while (!root_->is_leaf && root_->count == 1) {
        auto* branch = static_cast<Branch*>(root_);
        root_ = branch->children[0];
        memory::destroy(branch);
    }
    if (size_ == 0) memory::destroy(static_cast<Leaf*>(std::exchange(root_, nullptr)));
    return member;
}

void OrderedTree::erase(const ScoredMember* member) {
    erase_path(path_to({member->score, const_cast<ScoredMember*>(member)}));
}

ScoredMember* OrderedTree::erase_at(std::size_t rank) {
    return erase_path(path_to_rank(rank));
}

void OrderedTree::move(ScoredMember* member, double score) {
    const Path path = path_to({member->score, member});
    Leaf* leaf = path.leaf;
    const Key moved{score, member};
    // The first of a leaf is written down in the branches above, so it takes the long way.
    const bool stays = path.index > 0 && path.index + 1 < leaf->count &&
                       less(leaf->key(path.index - 1), moved) &&
                       less(moved, leaf->key(path.index + 1));
    if (stays) {
        member->score = score;
        leaf->scores[path.index] = score;
        return;
    }
    erase_path(path);
    member->score = score;
    insert(member);
}

OrderedTree::Position OrderedTree::at(std::size_t rank) const {
    const Path path = path_to_rank(rank);
    return {path.leaf, path.index};
}

std::size_t OrderedTree::rank_of(const ScoredMember* member) const {
    const Key key{member->score, const_cast<ScoredMember*>(member)};
    return count_while([&](double score, ScoredMember* other) {
        return less({score, other}, key);
    });
}

}  // namespace assay::redis
