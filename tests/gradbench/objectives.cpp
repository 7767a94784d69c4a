// GradBench's own objectives, templates of its folder cpp/, with tad::var in the place of the number: values are
// those with double, gradients are held against differences.
//
//     c++ -std=c++17 -I COPY/cpp -I COPY/cpp/adbench/shared tests/gradbench/objectives.cpp
//         $(pkg-config --cflags --libs tad)
//
// COPY is GradBench; it wants json.hpp (Debian: nlohmann-json3-dev, -I /usr/include/nlohmann).
#include "slopes.hpp"

#include "gradbench/evals/ba.hpp"
#include "gradbench/evals/det.hpp"
#include "gradbench/evals/gmm.hpp"
#include "gradbench/evals/kmeans.hpp"
#include "gradbench/evals/llsq.hpp"
#include "gradbench/evals/lse.hpp"
#include "gradbench/evals/lstm.hpp"
#include "gradbench/evals/ode.hpp"

// Each takes its inputs as one list of numbers of type T.
static const int D = 3, K = 4, N = 5;
static const std::vector<double> data = numbers(100);

struct gmm_of {
    template <typename T> T operator()(const T *x) const {
        T y = 0;
        gmm::objective(D, K, N, x, x + K, x + K + K * D, x + K + 2 * K * D, data.data(), Wishart{1.0, 0}, &y);
        return y;
    }
};
struct kmeans_of {
    template <typename T> T operator()(const T *x) const {
        T y = 0;
        kmeans::objective(N, K, D, data.data(), x, &y);
        return y;
    }
};
struct lstm_of {
    template <typename T> T operator()(const T *x) const {
        T y = 0;
        const std::vector<T> state(data.begin(), data.begin() + 2 * 2 * 3);
        const std::vector<T> sequence(data.begin(), data.begin() + 4 * 3);
        lstm::objective(2, 4, 3, x, x + 2 * 2 * 4 * 3, state.data(), sequence.data(), &y);
        return y;
    }
};
struct llsq_of {
    template <typename T> T operator()(const T *x) const {
        T y = 0;
        llsq::primal<T>(20, 4, x, &y);
        return y;
    }
};
struct lse_of {
    template <typename T> T operator()(const T *x) const {
        T y = 0;
        lse::primal<T>(9, x, &y);
        return y;
    }
};
struct det_of {
    template <typename T> T operator()(const T *x) const {
        T y = 0;
        det::primal<T>(4, x, &y);
        return y;
    }
};
struct ode_of {
    template <typename T> T operator()(const T *x) const {
        std::vector<T> y(4);
        ode::primal<T>(4, x, 8, y.data());
        return y[3];
    }
};
struct ba_of {
    template <typename T> T operator()(const T *x) const {
        T residual[2], weight = 0;
        const int pair[] = {0, 0};
        ba::objective(1, 1, 1, x, x + 11, x + 14, pair, data.data(), residual, &weight);
        return residual[0] * residual[1] + weight;
    }
};

int main() {
    const int gmm_inputs = K + 2 * K * D + K * (D * (D - 1) / 2);
    return check("gmm", gmm_inputs, gmm_of()) + check("kmeans", K * D, kmeans_of()) +
           check("lstm", 2 * 2 * 4 * 3 + 3 * 3, lstm_of()) + check("llsq", 4, llsq_of()) + check("lse", 9, lse_of()) +
           check("det", 16, det_of()) + check("ode", 4, ode_of()) + check("ba", 15, ba_of());
}
