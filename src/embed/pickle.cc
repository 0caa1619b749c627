#include "embed/pickle.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Kind = PickleValue::Kind;

// The opcodes that are known; Python's Lib/pickletools.py explains each.
enum : std::uint8_t {
  kMark = '(',
  kStop = '.',
  kNone = 'N',
  kTrue = 0x88,
  kFalse = 0x89,
  kInt4 = 'J',
  kInt1 = 'K',
  kInt2 = 'M',
  kLong1 = 0x8a,
  kFloat = 'G',
  kText4 = 'X',
  kText1 = 0x8c,
  kBytes4 = 'T',  // Python 2's strings
  kBytes1 = 'U',
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kPut1 = 'q',
  kPut4 = 'r',
  kMemoize = 0x94,
  kGet1 = 'h',
  kGet4 = 'j',
  kGlobal = 'c',
  kStackGlobal = 0x93,
  kReduce = 'R',
  kBuild = 'b',
  kPersistent = 'Q',
  kProtocol = 0x80,
  kFrame = 0x95,
};

constexpr std::uint8_t kLastProtocol = 5;

}  // namespace

// Python's stack machine. Each step makes at most one value, so the memory it takes is in
// proportion to the bytes that it reads.
class PickleMachine {
 public:
  PickleMachine(Pickle& pickle, std::span<const std::byte> bytes,
                std::span<const std::string_view> allowed, const std::string& file)
      : pickle_(pickle),
        bytes_(bytes.first(std::min(bytes.size(), kMaxPickleBytes))),
        allowed_(allowed),
        file_(file) {}

  void run() {
    while (true) {
      const auto opcode = number<std::uint8_t>();
      if (opcode == kStop) break;
      if (!push_constant(opcode) && !build(opcode)) step(opcode);
    }
    pickle_.root_ = pop();
    pickle_.size_ = at_;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw EmbedError(file_ + ": pickle " + reason);
  }

  // --- the bytes

  std::span<const std::byte> take(std::size_t size) {
    if (size > bytes_.size() - at_) {
      fail("has no end within " + std::to_string(bytes_.size()) + " bytes");
    }
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::string_view text(std::size_t size) {
    const std::span<const std::byte> bytes = take(size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  std::string_view line() {
    const std::span<const std::byte> rest = bytes_.subspan(at_);
    const auto end = std::ranges::find(rest, std::byte{'\n'});
    const std::string_view result = text(static_cast<std::size_t>(end - rest.begin()));
    take(1);
    return result;
  }

  // Little-endian two's complement of any length; torch's magic number has ten bytes, and only
  // those of up to eight have a value here.
  std::int64_t long_integer() {
    const std::span<const std::byte> bytes = take(number<std::uint8_t>());
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < std::min(bytes.size(), sizeof(value)); ++i) {
      value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
    }
    if (bytes.size() > 8 || bytes.empty()) return static_cast<std::int64_t>(value);
    const auto unused = static_cast<unsigned>(64 - 8 * bytes.size());
    return static_cast<std::int64_t>(value << unused) >> unused;
  }

  // --- the stack

  std::uint32_t add(PickleValue value) {
    pickle_.values_.push_back(std::move(value));
    return static_cast<std::uint32_t>(pickle_.values_.size() - 1);
  }
  void push(PickleValue value) { stack_.push_back(add(std::move(value))); }
  void push_number(Kind kind, std::int64_t number) { push({.kind = kind, .number = number}); }
  void push_text(std::string_view value) { push({.kind = Kind::text, .text = value}); }

  std::uint32_t pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("takes from an empty stack");
    const std::uint32_t place = stack_.back();
    stack_.pop_back();
    return place;
  }

  std::vector<std::uint32_t> pop_items(std::size_t count) {
    std::vector<std::uint32_t> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    return items;
  }

  std::vector<std::uint32_t> pop_to_mark() {
    if (marks_.empty()) fail("goes back to a mark that is not there");
    std::vector<std::uint32_t> items = pop_items(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  PickleValue& top() {
    const std::uint32_t place = pop();
    stack_.push_back(place);
    return pickle_.values_[place];
  }

  std::string_view pop_text() {
    const PickleValue& value = pickle_.values_[pop()];
    if (value.kind != Kind::text) fail("has something else where a name should be");
    return value.text;
  }

  // --- the opcodes

  bool push_constant(std::uint8_t opcode) {
    switch (opcode) {
      case kNone:
        push({});
        return true;
      case kTrue:
      case kFalse:
        push_number(Kind::boolean, opcode == kTrue ? 1 : 0);
        return true;
      case kInt1:
        push_number(Kind::integer, number<std::uint8_t>());
        return true;
      case kInt2:
        push_number(Kind::integer, number<std::uint16_t>());
        return true;
      case kInt4:
        push_number(Kind::integer, number<std::int32_t>());
        return true;
      case kLong1:
        push_number(Kind::integer, long_integer());
        return true;
      case kFloat:
        take(sizeof(double));
        push({.kind = Kind::real});
        return true;
      case kText1:
      case kBytes1:
        push_text(text(number<std::uint8_t>()));
        return true;
      case kText4:
      case kBytes4:
        push_text(text(number<std::uint32_t>()));
        return true;
      default:
        return false;
    }
  }

  bool build(std::uint8_t opcode) {
    switch (opcode) {
      case kEmptyTuple:
        push({.kind = Kind::tuple});
        return true;
      case kTuple1:
      case kTuple2:
      case kTuple3:
        push({.kind = Kind::tuple, .items = pop_items(opcode - std::size_t{kTuple1} + 1)});
        return true;
      case kTuple:
        push({.kind = Kind::tuple, .items = pop_to_mark()});
        return true;
      case kEmptyList:
        push({.kind = Kind::list});
        return true;
      case kEmptyDict:
        push({.kind = Kind::dict});
        return true;
      case kAppend:
        extend(Kind::list, pop_items(1));
        return true;
      case kAppends:
        extend(Kind::list, pop_to_mark());
        return true;
      case kSetItem:
        extend(Kind::dict, pop_items(2));
        return true;
      case kSetItems:
        extend(Kind::dict, pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  void extend(Kind kind, const std::vector<std::uint32_t>& items) {
    PickleValue& target = top();
    if (target.kind != kind || (kind == Kind::dict && items.size() % 2 != 0)) {
      fail("puts items where they do not belong");
    }
    target.items.insert(target.items.end(), items.begin(), items.end());
  }

  void step(std::uint8_t opcode) {
    switch (opcode) {
      case kProtocol:
        if (number<std::uint8_t>() > kLastProtocol) fail("is of an unknown protocol");
        return;
      case kFrame:
        take(sizeof(std::uint64_t));
        return;
      case kMark:
        marks_.push_back(stack_.size());
        return;
      case kPut1:
        return put(number<std::uint8_t>());
      case kPut4:
        return put(number<std::uint32_t>());
      case kMemoize:
        return put(static_cast<std::uint32_t>(memo_.size()));
      case kGet1:
        return get(number<std::uint8_t>());
      case kGet4:
        return get(number<std::uint32_t>());
      case kGlobal: {
        const std::string_view module = line();
        return global(module, line());
      }
      case kStackGlobal: {
        const std::string_view name = pop_text();
        return global(pop_text(), name);
      }
      case kReduce:
        return call();
      case kBuild:
        pop();
        if (top().kind != Kind::dict) fail("sets attributes of something other than a dict");
        return;
      case kPersistent:
        return push({.kind = Kind::persistent, .items = pop_items(1)});
      default:
        fail("has opcode " + std::to_string(opcode) + ", which is not read");
    }
  }

  void put(std::uint32_t key) {
    const std::uint32_t place = pop();
    stack_.push_back(place);
    memo_[key] = place;
  }

  void get(std::uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail("refers to a value that is not there");
    stack_.push_back(found->second);
  }

  void global(std::string_view module, std::string_view name) {
    for (const std::string_view known : allowed_) {
      if (known.size() == module.size() + 1 + name.size() && known.starts_with(module) &&
          known[module.size()] == ' ' && known.ends_with(name)) {
        return push({.kind = Kind::global, .text = known});
      }
    }
    fail("mentions '" + std::string(module.substr(0, 100)) + "." +
         std::string(name.substr(0, 100)) + "', which is not allowed");
  }

  void call() {
    std::vector<std::uint32_t> items = pop_items(2);
    const PickleValue& function = pickle_.values_[items[0]];
    const PickleValue& arguments = pickle_.values_[items[1]];
    if (function.kind != Kind::global || arguments.kind != Kind::tuple) {
      fail("calls something that is no function");
    }
    if (function.text != "collections OrderedDict") {
      return push({.kind = Kind::call, .items = std::move(items)});
    }
    if (!arguments.items.empty()) fail("makes an OrderedDict in a way that is not read");
    push({.kind = Kind::dict});
  }

  Pickle& pickle_;
  std::span<const std::byte> bytes_;
  std::span<const std::string_view> allowed_;
  const std::string& file_;
  std::size_t at_ = 0;
  std::vector<std::uint32_t> stack_;  // places of values
  std::vector<std::size_t> marks_;    // sizes that the stack had
  std::unordered_map<std::uint32_t, std::uint32_t> memo_;
};

Pickle::Pickle(std::span<const std::byte> bytes, std::span<const std::string_view> allowed,
               const std::string& file) {
  PickleMachine(*this, bytes, allowed, file).run();
}

}  // namespace ruvector::embed
