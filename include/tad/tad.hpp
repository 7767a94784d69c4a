// tad for C++14 and later: numbers with operators and the functions of <cmath>, a tape and a function that
// clean up after themselves.
//
//     template <typename T> T f(const T &x, const T &y) { using std::sin; return x * y + sin(x); }
//
//     tad::tape t;
//     tad::var x = t.input(2), y = t.input(3);
//     tad::var z = f(x, y);
//     t.reverse(z);
//     x.gradient();                     // 2.58385
//
// A tad::var is a tad_var and costs nothing beside it: what C functions take and give, these do (v.c()), and
// the other way round (tad::var::from). Nothing here is compiled into the library.
//
// Failures: a tape keeps its first one, as in C. What returns a status in C throws tad::error, and so does
// tape::check(). With TAD_NO_EXCEPTIONS defined before the include nothing throws; ask tape::status().
//
// Threads: as the tape.
#ifndef TAD_HPP
#define TAD_HPP

#if __cplusplus < 201402L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 201402L)
#error "tad/tad.hpp needs C++14"
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <type_traits>
#include <utility>
#include <vector>

#if !defined(TAD_NO_EXCEPTIONS)
#include <exception>
#include <stdexcept>
#endif

#include <tad/diff.h>
#include <tad/ops.h>
#include <tad/program.h>
#include <tad/scalar.h>

namespace tad {

#if !defined(TAD_NO_EXCEPTIONS)
// A failure of a tape or a program: what() is its message.
class error : public std::runtime_error {
public:
    error(tad_status code, const char *message)
        : std::runtime_error(*message ? message : tad_status_text(code)), code_(code) {}
    tad_status code() const noexcept { return code_; }

private:
    tad_status code_;
};
#endif

namespace detail {
inline tad_status checked(tad_status status, const char *message) {
#if !defined(TAD_NO_EXCEPTIONS)
    if (status != TAD_OK) throw error(status, message);
#else
    (void)message;
#endif
    return status;
}
} // namespace detail

// ---- numbers ----

// A variable of a tape, or a plain number: a constant that needs no tape. Arrays are variables too; operators
// and functions broadcast.
class var {
public:
    var() noexcept : v_(tad_number(0)) {}
    template <typename N, typename = typename std::enable_if<std::is_arithmetic<N>::value>::type>
    var(N number) noexcept : v_(tad_number(static_cast<double>(number))) {}
    static var from(tad_var v) noexcept {
        var x;
        x.v_ = v;
        return x;
    }
    tad_var c() const noexcept { return v_; }

    // Reading is seen: what depends on it cannot be frozen (tad/program.h), see decide.
    double value() const { return tad_item(v_); }
    double gradient() const { return tad_gradient_item(v_); }
    explicit operator double() const { return value(); }
    bool is_number() const noexcept { return tad_is_number(v_); } // not on a tape

    var &operator+=(const var &b) { return *this = from(tad_add(v_, b.v_)); }
    var &operator-=(const var &b) { return *this = from(tad_sub(v_, b.v_)); }
    var &operator*=(const var &b) { return *this = from(tad_mul(v_, b.v_)); }
    var &operator/=(const var &b) { return *this = from(tad_div(v_, b.v_)); }
    var &operator++() { return *this += 1; }
    var &operator--() { return *this -= 1; }

private:
    tad_var v_;
};

static_assert(sizeof(var) == sizeof(tad_var) && std::is_trivially_copyable<var>::value,
              "an array of tad::var is an array of tad_var");

// By reference: a var that stays in memory can stay in registers when all is inlined.
inline var operator+(const var &a, const var &b) { return var::from(tad_add(a.c(), b.c())); }
inline var operator-(const var &a, const var &b) { return var::from(tad_sub(a.c(), b.c())); }
inline var operator*(const var &a, const var &b) { return var::from(tad_mul(a.c(), b.c())); }
inline var operator/(const var &a, const var &b) { return var::from(tad_div(a.c(), b.c())); }
inline var operator-(const var &a) { return var::from(tad_neg(a.c())); }
inline var operator+(const var &a) { return a; }

// Comparisons are those of the values.
inline bool operator<(const var &a, const var &b) { return a.value() < b.value(); }
inline bool operator>(const var &a, const var &b) { return a.value() > b.value(); }
inline bool operator<=(const var &a, const var &b) { return a.value() <= b.value(); }
inline bool operator>=(const var &a, const var &b) { return a.value() >= b.value(); }
inline bool operator==(const var &a, const var &b) { return a.value() == b.value(); }
inline bool operator!=(const var &a, const var &b) { return a.value() != b.value(); }
inline bool isnan(const var &a) { return std::isnan(a.value()); }
inline bool isinf(const var &a) { return std::isinf(a.value()); }
inline bool isfinite(const var &a) { return std::isfinite(a.value()); }

inline std::ostream &operator<<(std::ostream &out, const var &a) { return out << a.value(); }

// To branch by in a function that is frozen: the program decides anew, and says so where it comes out otherwise.
// decide(less(x, y)) is x < y.
inline bool decide(const var &condition) { return tad_decide(condition.c()); }
inline var less(const var &a, const var &b) { return var::from(tad_less(a.c(), b.c())); }
inline var greater(const var &a, const var &b) { return var::from(tad_greater(a.c(), b.c())); }
inline var where(const var &condition, const var &a, const var &b) {
    return var::from(tad_where(condition.c(), a.c(), b.c()));
}

// ---- functions ----

// Every row of scalar.def under its name. Two have the name of another function of <cmath>, and get the one
// that says what they do.
#define round rint /* halves go to even numbers */
#define remainder floor_mod /* has the sign of b */
#define TAD_UNARY(name, ...)                                                                       \
    inline var name(const var &x) { return var::from(tad_##name(x.c())); }
#define TAD_OPTION1(name, ...)                                                                     \
    inline var name(const var &x, double p) { return var::from(tad_##name(x.c(), p)); }
#define TAD_OPTION2(name, ...)                                                                     \
    inline var name(const var &x, double p, double q) { return var::from(tad_##name(x.c(), p, q)); }
#define TAD_BINARY(name, ...)                                                                      \
    inline var name(const var &a, const var &b) { return var::from(tad_##name(a.c(), b.c())); }
#define TAD_TERNARY(name, ...)                                                                     \
    inline var name(const var &a, const var &b, const var &c) {                                    \
        return var::from(tad_##name(a.c(), b.c(), c.c()));                                         \
    }
#include <tad/scalar.def>
#undef round
#undef remainder

// Names of <cmath> that rows do not have.
inline var fabs(const var &x) { return abs(x); }
inline var nearbyint(const var &x) { return rint(x); }
template <typename N, typename = typename std::enable_if<std::is_arithmetic<N>::value>::type>
var pow(const var &x, N exponent) {
    return pow_scalar(x, static_cast<double>(exponent));
}

// ---- a tape ----

class tape {
public:
    tape() : tape(tad_settings{}) {}
    explicit tape(const tad_settings &settings) : t_(tad_tape_new(&settings)) {
#if !defined(TAD_NO_EXCEPTIONS)
        if (status() == TAD_OK) return;
        const error failed(t_ ? status() : TAD_NO_MEMORY, message());
        tad_tape_free(t_);
        throw failed;
#endif
    }
    ~tape() { tad_tape_free(t_); }
    tape(tape &&other) noexcept : t_(std::exchange(other.t_, nullptr)) {}
    tape &operator=(tape &&other) noexcept {
        std::swap(t_, other.t_);
        return *this;
    }
    tape(const tape &) = delete;
    tape &operator=(const tape &) = delete;

    tad_tape *c() const noexcept { return t_; } // nullptr: no memory
    tad_status status() const noexcept { return tad_tape_status(t_); }
    const char *message() const noexcept { return tad_message(t_); }
    tad_status check() const { return detail::checked(status(), message()); }

    var input(double value) { return var::from(tad_scalar(t_, value)); }
    std::vector<var> inputs(const double *value, std::size_t n) {
        std::vector<var> x(n);
        for (std::size_t i = 0; i < n; i++) x[i] = input(value[i]);
        return x;
    }
    tad_status reverse(const var &y) {
        const tad_status status = tad_reverse(y.c());
        return detail::checked(status, message());
    }
    tad_mark mark() { return tad_tape_mark(t_); }
    tad_status rewind(const tad_mark &mark) {
        const tad_status status = tad_tape_rewind(t_, mark);
        return detail::checked(status, message());
    }
    void reset() { tad_tape_reset(t_); }

private:
    tad_tape *t_;
};

// ---- a function ----

// A function of n numbers, y = f(x), recorded once at x and frozen: its value and its gradient anywhere,
// without a tape. f takes a const var * and gives a var. What f read, as comparisons do, may come out otherwise
// elsewhere, and is refused (WITNESS): let it decide().
class function {
public:
    template <typename F> function(const F &f, const double *x, std::size_t n) : g_(n) {
        tape t;
        std::vector<var> in = t.inputs(x, n);
        record<F> r;
        r.f = &f;
        const tad_status status =
            tad_freeze_function(&record<F>::call, &r, as_c(in.data()), n,
                                TAD_GIVE_VALUE | TAD_GIVE_GRADIENT, nullptr, &p_);
        if (status == TAD_OK) bind();
        failed_ = status != TAD_OK ? status : w_ ? TAD_OK : TAD_NO_MEMORY;
        if (failed_ != TAD_OK) release();
#if !defined(TAD_NO_EXCEPTIONS)
        if (r.thrown) std::rethrow_exception(r.thrown);
#endif
        detail::checked(failed_, status != TAD_OK ? t.message() : "");
    }
    ~function() { release(); }
    function(const function &) = delete;
    function &operator=(const function &) = delete;

    tad_status status() const noexcept { return failed_; }
    std::size_t size() const noexcept { return g_.size(); }

    // f(x); with g, of size() numbers, also its gradient. A failure, as a decision that comes out otherwise,
    // throws, or else is a NaN and in status().
    double operator()(const double *x, double *g = nullptr) {
        if (w_) {
            std::copy(x, x + size(), x_.begin());
            failed_ = tad_run(w_);
        }
        if (failed_ != TAD_OK) {
            detail::checked(failed_, w_ ? tad_workspace_message(w_) : "");
            return std::nan("");
        }
        if (g) std::copy(g_.begin(), g_.end(), g);
        return y_;
    }

private:
    static const tad_var *as_c(const var *x) { return reinterpret_cast<const tad_var *>(x); }

    template <typename F> struct record {
        const F *f;
        static tad_var run(const F &f, const tad_var *in, std::size_t n) {
            std::vector<var> x(n);
            for (std::size_t i = 0; i < n; i++) x[i] = var::from(in[i]);
            return f(static_cast<const var *>(x.data())).c();
        }
#if !defined(TAD_NO_EXCEPTIONS)
        std::exception_ptr thrown; // what f threw: it must not pass through C
        static tad_var call(tad_tape *, const tad_var *in, std::size_t n, void *user) {
            record *r = static_cast<record *>(user);
            try {
                return run(*r->f, in, n);
            } catch (...) {
                r->thrown = std::current_exception();
                return tad_var(); // nil
            }
        }
#else
        static tad_var call(tad_tape *, const tad_var *in, std::size_t n, void *user) {
            return run(*static_cast<record *>(user)->f, in, n);
        }
#endif
    };

    void bind() {
        w_ = tad_workspace_new(p_);
        x_.resize(g_.size());
        bool bound = w_ && tad_bind_out(w_, 0, TAD_F64, TAD_0D, &y_) == TAD_OK;
        for (std::size_t i = 0; bound && i < g_.size(); i++)
            bound = tad_bind_in(w_, i, TAD_F64, TAD_0D, &x_[i]) == TAD_OK &&
                    tad_bind_out(w_, 1 + i, TAD_F64, TAD_0D, &g_[i]) == TAD_OK;
        if (bound) return;
        tad_workspace_free(w_);
        w_ = nullptr;
    }
    void release() {
        tad_workspace_free(w_);
        tad_program_free(p_);
        w_ = nullptr;
        p_ = nullptr;
    }

    tad_program *p_ = nullptr;
    tad_workspace *w_ = nullptr;
    double y_ = 0;
    std::vector<double> x_, g_;
    tad_status failed_ = TAD_OK;
};

} // namespace tad

#endif
