// GradBench's own C++ objectives, templates of its folder cpp/, unchanged, with tad::var for the number: a tool
// as those that GradBench builds from them with CoDiPack and Adept. Recorded and swept in every run, as there.
//
//     templates EVAL input.json FUNCTION
//
// make BIN/templates COPY=... builds it; COPY is a copy of GradBench. particle and saddle are not here: their
// templates return double whatever the number is.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <tad/tad.hpp>

#include "gradbench/evals/ba.hpp"
#include "gradbench/evals/det.hpp"
#include "gradbench/evals/gmm.hpp"
#include "gradbench/evals/hello.hpp"
#include "gradbench/evals/ht.hpp"
#include "gradbench/evals/kmeans.hpp"
#include "gradbench/evals/llsq.hpp"
#include "gradbench/evals/lse.hpp"
#include "gradbench/evals/lstm.hpp"
#include "gradbench/evals/ode.hpp"
#include "gradbench/main.hpp"

using tad::var;
typedef std::vector<double> numbers;
typedef std::vector<var> vars;

static numbers gradients(const vars &x) {
    numbers g;
    for (const var &v : x) g.push_back(v.gradient());
    return g;
}

// An array of tad::var is an array of tad_var.
static const tad_var *as_c(const vars &x) { return reinterpret_cast<const tad_var *>(x.data()); }
static tad_var *as_c(vars &x) { return reinterpret_cast<tad_var *>(x.data()); }

// An evaluation with a tape that goes on from run to run.
template <typename Input, typename Output> class on_tape : public Function<Input, Output> {
public:
    explicit on_tape(Input &input) : Function<Input, Output>(input) {}

protected:
    tad::tape t;
    vars inputs(const numbers &x) { return t.inputs(x.data(), x.size()); }
};

// ---- gradients of one number by one list of numbers ----

// What the gradients of an evaluation are by, and the number.
struct det_of {
    typedef det::Input input;
    static const numbers &x(const input &i) { return i.A; }
    static var y(const input &i, const vars &x) {
        var y;
        det::primal(i.ell, x.data(), &y);
        return y;
    }
};
struct llsq_of {
    typedef llsq::Input input;
    static const numbers &x(const input &i) { return i.x; }
    static var y(const input &i, const vars &x) {
        var y;
        llsq::primal(i.n, x.size(), x.data(), &y);
        return y;
    }
};
struct lse_of {
    typedef lse::Input input;
    static const numbers &x(const input &i) { return i.x; }
    static var y(const input &, const vars &x) {
        var y;
        lse::primal(x.size(), x.data(), &y);
        return y;
    }
};
struct ode_of {
    typedef ode::Input input;
    static const numbers &x(const input &i) { return i.x; }
    static var y(const input &i, const vars &x) {
        vars y(x.size());
        ode::primal(x.size(), x.data(), i.s, y.data());
        return y.back();
    }
};

template <typename F> class gradient : public on_tape<typename F::input, numbers> {
public:
    using on_tape<typename F::input, numbers>::on_tape;
    void compute(numbers &output) {
        this->t.reset();
        const vars x = this->inputs(F::x(this->_input));
        this->t.reverse(F::y(this->_input, x));
        output = gradients(x);
    }
};

class hello_double : public on_tape<hello::Input, hello::DoubleOutput> {
public:
    using on_tape::on_tape;
    void compute(hello::DoubleOutput &output) {
        t.reset();
        const var x = t.input(_input);
        t.reverse(hello::square(x));
        output = x.gradient();
    }
};

// ---- gradients of one number by several lists ----

class gmm_jacobian : public on_tape<gmm::Input, gmm::JacOutput> {
public:
    using on_tape::on_tape;
    void compute(gmm::JacOutput &output) {
        t.reset();
        const vars alpha = inputs(_input.alpha), mu = inputs(_input.mu), q = inputs(_input.q), l = inputs(_input.l);
        var y;
        gmm::objective(_input.d, _input.k, _input.n, alpha.data(), mu.data(), q.data(), l.data(), _input.x.data(),
                       _input.wishart, &y);
        t.reverse(y);
        output = {_input.d, _input.k, _input.n, gradients(alpha), gradients(mu), gradients(q), gradients(l)};
    }
};

class lstm_jacobian : public on_tape<lstm::Input, lstm::JacOutput> {
public:
    using on_tape::on_tape;
    void compute(lstm::JacOutput &output) {
        t.reset();
        const vars main = inputs(_input.main_params), extra = inputs(_input.extra_params);
        const vars state(_input.state.begin(), _input.state.end());
        const vars sequence(_input.sequence.begin(), _input.sequence.end());
        var y;
        lstm::objective(_input.l, _input.c, _input.b, main.data(), extra.data(), state.data(), sequence.data(), &y);
        t.reverse(y);
        const numbers more = gradients(extra);
        output = gradients(main);
        output.insert(output.end(), more.begin(), more.end());
    }
};

// ---- other derivatives ----

// Newton's direction by a diagonal Hessian: the gradient over the Hessian times ones.
class kmeans_dir : public on_tape<kmeans::Input, kmeans::DirOutput> {
public:
    using on_tape::on_tape;
    void compute(kmeans::DirOutput &output) {
        t.reset();
        const vars x = inputs(_input.centroids), ones = inputs(numbers(x.size(), 1));
        vars slope(x.size()), curvature(x.size());
        var y;
        kmeans::objective(_input.n, _input.k, _input.d, _input.points.data(), x.data(), &y);
        const tad_status s =
            tad_forward_over_reverse(y.c(), as_c(x), as_c(ones), x.size(), as_c(slope), as_c(curvature));
        if (s != TAD_OK) throw tad::error(s, t.message());
        output.k = _input.k;
        output.d = _input.d;
        output.dir.resize(x.size());
        for (size_t i = 0; i < x.size(); i++) output.dir[i] = slope[i].value() / curvature[i].value();
    }
};

// Two errors of each observation by a camera, a point and a weight; of each weight its own.
class ba_jacobian : public on_tape<ba::Input, ba::JacOutput> {
public:
    using on_tape::on_tape;
    void compute(ba::JacOutput &output) {
        enum { INPUTS = BA_NCAMPARAMS + 3 + 1 };
        output = ba::SparseMat(_input.n, _input.m, _input.p);
        numbers weights(_input.p);
        for (int i = 0; i < _input.p; i++) {
            const int camera = _input.obs[2 * i], point = _input.obs[2 * i + 1];
            t.reset();
            const vars c = t.inputs(&_input.cams[BA_NCAMPARAMS * camera], BA_NCAMPARAMS);
            const vars x = t.inputs(&_input.X[3 * point], 3);
            const var w = t.input(_input.w[i]);
            var error[2], of_weight;
            ba::computeReprojError(c.data(), x.data(), &w, &_input.feats[2 * i], error);
            ba::computeZachWeightError(&w, &of_weight);
            double J[2 * INPUTS];
            for (int row = 0; row < 2; row++) {
                t.reverse(error[row]);
                for (int k = 0; k < BA_NCAMPARAMS; k++) J[2 * k + row] = c[k].gradient();
                for (int k = 0; k < 3; k++) J[2 * (BA_NCAMPARAMS + k) + row] = x[k].gradient();
                J[2 * (INPUTS - 1) + row] = w.gradient();
            }
            output.insert_reproj_err_block(i, camera, point, J);
            t.reverse(of_weight);
            weights[i] = w.gradient();
        }
        for (int i = 0; i < _input.p; i++) output.insert_w_err_block(i, weights[i]);
    }
};

// A column of the Jacobian for each angle; before them two for where a point lies on its triangle, which
// belongs to one observation.
class ht_jacobian : public on_tape<ht::Input, ht::JacOutput> {
public:
    using on_tape::on_tape;
    void compute(ht::JacOutput &output) {
        t.reset();
        const vars theta = inputs(_input.theta), us = inputs(_input.us);
        const size_t rows = 3 * _input.data.correspondences.size(), places = us.empty() ? 0 : 2;
        vars error(rows), x = theta;
        if (places == 0)
            ht::objective(theta.data(), &_input.data, error.data());
        else
            ht::objective(theta.data(), us.data(), &_input.data, error.data());
        x.insert(x.end(), us.begin(), us.end());
        output.jacobian_ncols = static_cast<int>(places + theta.size());
        output.jacobian_nrows = static_cast<int>(rows);
        output.jacobian.clear();
        for (size_t k = 0; k < places; k++)
            column(error, x, [&](size_t i) { return i >= theta.size() && (i - theta.size()) % 2 == k; }, output);
        for (size_t k = 0; k < theta.size(); k++) column(error, x, [&](size_t i) { return i == k; }, output);
    }

private:
    template <typename Moves> void column(const vars &y, const vars &x, Moves moves, ht::JacOutput &output) {
        const tad_mark mark = t.mark();
        const tad_var one = tad_scalar(t.c(), 1);
        std::vector<tad_var> tangent, along(y.size());
        for (size_t i = 0; i < x.size(); i++) tangent.push_back(moves(i) ? one : tad_none());
        const tad_status s = tad_forward(as_c(y), y.size(), as_c(x), tangent.data(), x.size(), along.data());
        if (s != TAD_OK) throw tad::error(s, t.message());
        for (const tad_var &v : along) output.jacobian.push_back(tad_item(v));
        t.rewind(mark);
    }
};

typedef std::map<std::string, int (*)(const std::string &)> functions;

int main(int argc, char **argv) {
    std::map<std::string, functions> evals = {
        {"hello", {{"square", function_main<hello::Square>}, {"double", function_main<hello_double>}}},
        {"gmm", {{"objective", function_main<gmm::Objective>}, {"jacobian", function_main<gmm_jacobian>}}},
        {"ba", {{"objective", function_main<ba::Objective>}, {"jacobian", function_main<ba_jacobian>}}},
        {"ht", {{"objective", function_main<ht::Objective>}, {"jacobian", function_main<ht_jacobian>}}},
        {"lstm", {{"objective", function_main<lstm::Objective>}, {"jacobian", function_main<lstm_jacobian>}}},
        {"kmeans", {{"cost", function_main<kmeans::Cost>}, {"dir", function_main<kmeans_dir>}}},
        {"det", {{"primal", function_main<det::Primal>}, {"gradient", function_main<gradient<det_of>>}}},
        {"llsq", {{"primal", function_main<llsq::Primal>}, {"gradient", function_main<gradient<llsq_of>>}}},
        {"lse", {{"primal", function_main<lse::Primal>}, {"gradient", function_main<gradient<lse_of>>}}},
        {"ode", {{"primal", function_main<ode::Primal>}, {"gradient", function_main<gradient<ode_of>>}}}};
    if (argc != 4 || !evals.count(argv[1])) {
        std::cerr << "usage: templates EVAL input.json FUNCTION\n";
        return 1;
    }
    return generic_main(argc - 1, argv + 1, std::move(evals[argv[1]]));
}
