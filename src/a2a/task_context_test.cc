#include "a2a/task_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <stdexcept>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

// As MatchesRegex(), whose expressions are poorer on Windows.
MATCHER_P(HasForm, form, "") { return std::regex_match(arg, std::regex(form)); }

std::string refused_field(const TaskContext& context, std::string_view target) {
  try {
    require_no_recursion(context, target);
  } catch (const RecursionLimit& error) {
    return error.field();
  }
  return "none";
}

TEST(TaskContext, RandomTraceIdsAreThoseOfTheW3c) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const TaskContext context = completed_context({}, "me");
    EXPECT_THAT(context.trace_id, HasForm("[0-9a-f]{32}"));
    require_trace_id(context);  // does not throw
    ids.insert(context.trace_id);
  }
  EXPECT_EQ(ids.size(), 100u);
}

TEST(TaskContext, RandomUuidsAreOfVersionFour) {
  // RFC 9562, section 5.4.
  const std::string shape("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (int i = 0; i < 100; ++i) EXPECT_THAT(random_uuid(), HasForm(shape));
}

TEST(TaskContext, TheHeaderOfTracesHasTheTraceIdOfTheContext) {
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";  // the example of W3C Trace Context
  EXPECT_THAT(traceparent(trace), HasForm("00-" + trace + "-[0-9a-f]{16}-01"));
  EXPECT_NE(traceparent(trace), traceparent(trace));
}

TEST(TaskContext, TraceIdsThatW3cForbidsAreRefused) {
  for (const char* id : {"0", "0AF7651916CD43DD8448EB211C80319C",
                         "00000000000000000000000000000000", "0af7651916cd43dd8448eb211c80319",
                         "0af7651916cd43dd8448eb211c80319cc", "0af7651916cd43dd8448eb211c80319g"}) {
    TaskContext context;
    context.trace_id = id;
    EXPECT_THROW(require_trace_id(context), std::invalid_argument) << id;
  }
}

TEST(TaskContext, WhatTheCallerNamedIsKept) {
  TaskContext given;
  given.trace_id = "0af7651916cd43dd8448eb211c80319c";
  given.root_agent_id = "root";
  given.current_agent = "now";
  EXPECT_EQ(completed_context(given, "me"), given);
  const TaskContext made = completed_context({}, "me");
  EXPECT_EQ(made.root_agent_id, "me");
  EXPECT_EQ(made.current_agent, "me");
}

TEST(TaskContext, DepthEightIsPermittedAndNineIsNot) {
  TaskContext context;
  context.depth = 8;
  EXPECT_EQ(refused_field(context, "peer"), "none");
  context.depth = 9;
  EXPECT_EQ(refused_field(context, "peer"), "depth");
}

TEST(TaskContext, NoAgentIsVisitedTwice) {
  TaskContext context;
  context.visited_agents = {"a", "b"};
  EXPECT_EQ(refused_field(context, "c"), "none");
  EXPECT_EQ(refused_field(context, "b"), "visited_agents");
  context.visited_agents = {"a", "b", "a"};
  EXPECT_EQ(refused_field(context, "c"), "visited_agents");
}

TEST(TaskContext, AChildIsOneDeeperAndRemembersTheWay) {
  TaskContext root;
  root.trace_id = "0af7651916cd43dd8448eb211c80319c";
  root.root_agent_id = root.current_agent = "a";
  const TaskContext child = child_context(root, "task-1", "b");
  EXPECT_EQ(child.trace_id, root.trace_id);
  EXPECT_EQ(child.parent_task_id, "task-1");
  EXPECT_EQ(child.depth, 1u);
  EXPECT_EQ(child.root_agent_id, "a");
  EXPECT_EQ(child.current_agent, "b");
  EXPECT_EQ(child.visited_agents, std::vector<std::string>{"a"});
  EXPECT_EQ(refused_field(child_context(child, "task-2", "a"), "a"), "visited_agents");
}

TEST(TaskContext, AFlatContextIsOneThatRvAgentTakes) {
  TaskContext context =
      child_context({.trace_id = "t", .root_agent_id = "", .current_agent = "a"}, "task-1", "b");
  const TaskContext flat = flat_context(context);
  EXPECT_EQ(flat.depth, 0u);
  EXPECT_TRUE(flat.visited_agents.empty());
  EXPECT_EQ(flat.parent_task_id, "task-1");
  EXPECT_EQ(flat.root_agent_id, "a");
  EXPECT_EQ(flat_context({}).root_agent_id, std::string(64, '0'));
}

}  // namespace
}  // namespace ruvector::a2a
