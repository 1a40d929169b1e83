// Counts the primes below ten million with a sieve.
#include <cstdio>
#include <vector>

int main() {
    constexpr int kEnd = 10'000'000;
    std::vector<bool> composite(kEnd);
    int primes = 0;
    for (long candidate = 2; candidate < kEnd; ++candidate) {
        if (composite[candidate]) continue;
        ++primes;
        for (long multiple = candidate * candidate; multiple < kEnd; multiple += candidate) {
            composite[multiple] = true;
        }
    }
    std::printf("%d\n", primes);
}
