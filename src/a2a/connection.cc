#include "a2a/connection.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/background.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

namespace {

constexpr int kNotModified = 304;

// Whether the status says that there is no such thing here, so that it may be elsewhere.
bool is_absent(int status) { return status == 404 || status == 405 || status == 410; }

std::string trimmed(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

std::exception_ptr refusal(const std::string& url, const net::ResponseHead& head) {
  A2aError::Details details;
  details.http_status = head.status;
  details.retry_after = head.header("retry-after");
  details.retryable = head.status == 429 || head.status >= 500;
  const std::string message =
      "card: " + url + " answered with status " + std::to_string(head.status);
  if (head.status == 401 || head.status == 403) {
    return std::make_exception_ptr(AuthRequired(message, details));
  }
  if (head.status >= 300 && head.status < 400) {
    return std::make_exception_ptr(
        TransportError(message + ", and redirects are not followed", details));
  }
  return std::make_exception_ptr(TransportError(message, details));
}

HttpOptions without_headers(HttpOptions http) {
  http.headers.clear();  // Credentials send them to the one origin that may see them
  return http;
}

}  // namespace

std::vector<net::Url> card_places(const net::Url& base) {
  std::vector<net::Url> places = {base.below(".well-known/agent-card.json"),
                                  base.below(".well-known/agent.json")};
  if (base.path() == "/") return places;
  places.push_back(base.at_root("/.well-known/agent-card.json"));
  places.push_back(base.at_root("/.well-known/agent.json"));
  return places;
}

Connection::Connection(Environment environment, const std::string& url, ConnectOptions options,
                       Done done)
    : environment_(std::move(environment)),
      options_(std::move(options)),
      link_(std::make_shared<Link>(environment_.make_transport(without_headers(options_.http)),
                                   options_, environment_.retry)),
      gate_(std::make_shared<PolicyGate>(
          PolicyGate::Options{.budget = options_.budget,
                              .cost_estimator = options_.cost_estimator,
                              .on_missing_estimate = options_.on_missing_estimate},
          [transport = &link_->transport()] { return transport->now(); })),
      done_(std::move(done)) {
  environment_.check_options(options_);
  if (url.empty() && options_.card.empty()) {
    throw std::invalid_argument("connect: neither a URL nor a card is given");
  }
  if (url.empty()) return;
  const net::Url base = net::Url::parse(url);
  base_url_ = trimmed(base.str());
  link_->credentials().bind(base_url_);
  for (const net::Url& place : card_places(base)) places_.push_back(place.str());
}

void Connection::start() {
  if (done_ == nullptr) return;
  if (!options_.card.empty()) return verify(options_.card);
  // A caller with credentials may be shown another card than the next one.
  if (options_.authorization == nullptr) known_ = environment_.cards->find(base_url_);
  if (known_) {
    // Where it was last time it is probably still.
    const auto first = std::ranges::find(places_, known_->card_url);
    if (first != places_.end()) std::rotate(places_.begin(), first, first + 1);
  }
  ask();
}

void Connection::ask() {
  Call::Order order{.what = "card", .deadline = options_.http.timeouts.total};
  order.request.url = places_[place_];
  order.request.max_body_bytes = options_.http.limits.card_bytes;
  order.request.headers = {{"Accept", "application/json"}, {"A2A-Version", "1.0"}};
  const bool may_be_same = known_ && known_->card_url == places_[place_] && !known_->etag.empty();
  if (may_be_same) order.request.headers.emplace_back("If-None-Match", known_->etag);
  call_ = std::make_shared<Call>(
      link_, std::move(order),
      [self = shared_from_this()](Call::Answer answer) { self->on_answer(std::move(answer)); });
  call_->start();
}

void Connection::on_answer(Call::Answer answer) {
  call_.reset();
  if (done_ == nullptr) return;
  if (answer.error != nullptr) return fail(answer.error);
  const int status = answer.head.status;
  if (is_absent(status) && place_ + 1 < places_.size()) {
    ++place_;
    return ask();
  }
  if (status == kNotModified && known_ && known_->card_url == places_[place_]) {
    etag_ = known_->etag;
    return verify(known_->bytes);
  }
  if (status < 200 || status >= 300) return fail(refusal(places_[place_], answer.head));
  etag_ = answer.head.header("etag");
  verify(std::move(answer.body));
}

void Connection::verify(std::string bytes) {
  base::post(base::Lane::compute, [self = shared_from_this(), bytes = std::move(bytes)]() mutable {
    TrustedAgent agent;
    std::exception_ptr error;
    try {
      agent = self->environment_.read_card(bytes, self->source(), self->options_);
    } catch (...) {
      error = std::current_exception();
    }
    self->link_->post([self, agent = std::move(agent), error, bytes = std::move(bytes)]() mutable {
      if (self->done_ == nullptr) return;
      if (error != nullptr) return self->fail(error);
      self->on_verified(std::move(agent), bytes);
    });
  });
}

void Connection::on_verified(TrustedAgent agent, const std::string& bytes) {
  std::shared_ptr<A2aClient> client;
  try {
    if (base_url_.empty()) link_->credentials().bind(agent.endpoint.url);
    link_->credentials().use_schemes(agent.card.auth_schemes);
    client = make_client(make_session(std::move(agent)));
  } catch (...) {
    return fail(std::current_exception());
  }
  if (options_.card.empty() && options_.authorization == nullptr) {
    environment_.cards->keep({base_url_, places_[place_], etag_, bytes});
  }
  const Done done = std::exchange(done_, nullptr);
  link_->ended(shared_from_this());
  done(std::move(client), nullptr);
}

std::shared_ptr<Session> Connection::make_session(TrustedAgent agent) const {
  auto session = std::make_shared<Session>();
  session->link = link_;
  session->options = options_;
  session->codec = environment_.make_codec(agent.endpoint, options_.http.limits.json_depth);
  session->card = std::move(agent.card);
  session->endpoint = std::move(agent.endpoint);
  session->gate = gate_;
  // Later cards come from the agent itself.
  CardSource later = source();
  later.was_fetched = true;
  session->read_card = [read = environment_.read_card, later, options = options_](
                           std::string_view bytes) { return read(bytes, later, options); };
  return session;
}

CardSource Connection::source() const {
  return {.base_url = base_url_, .was_fetched = options_.card.empty()};
}

void Connection::abort(std::exception_ptr why) {
  if (done_ == nullptr) return;
  const std::shared_ptr<Call> call = std::exchange(call_, nullptr);
  fail(std::move(why));
  if (call != nullptr) call->abort(std::make_exception_ptr(Cancelled("connect: it was cancelled")));
}

void Connection::fail(std::exception_ptr error) {
  const Done done = std::exchange(done_, nullptr);
  link_->ended(shared_from_this());
  done(nullptr, std::move(error));
}

}  // namespace ruvector::a2a
