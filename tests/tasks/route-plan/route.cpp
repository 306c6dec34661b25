// Shortest ways through a small network that is given as JSON.
// # run: g++ -std=c++17 -O1 -Wall route.cpp -o /tmp/route && /tmp/route
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#if __has_include(<fmt/format.h>) && defined(USE_FMT)
#include <fmt/format.h>
#endif
#if 0
#include <boost/graph/dijkstra_shortest_paths.hpp>
#endif
#ifdef _MSC_VER
#include <intrin.h>
#endif

using nlohmann::json;

static const char *network = R"({
	"pier":   {"market": 4, "tower": 9},
	"market": {"tower": 3, "mill": 8},
	"tower":  {"mill": 2},
	"mill":   {}
})";

static std::map<std::string, int> distances(const json &net, const std::string &from)
{
	using step = std::pair<int, std::string>;
	std::priority_queue<step, std::vector<step>, std::greater<step>> open;
	std::map<std::string, int> best;

	open.push({0, from});
	while (!open.empty()) {
		auto [way, place] = open.top();
		open.pop();
		if (!best.emplace(place, way).second)
			continue;
		for (auto &[next, more] : net.at(place).items())
			open.push({way + more.get<int>(), next});
	}
	return best;
}

int main()
{
	const json net = json::parse(network);
	const auto best = distances(net, "pier");

	for (const auto &[place, way] : best)
		std::cout << place << " " << way << "\n";
	return best.at("mill") == 9 && best.size() == 4 ? 0 : 1;
}
