// run: g++ -std=c++17 cpp-plain.cpp -lboost_system -o /tmp/p && /tmp/p
#include <iostream>
#include <boost/asio.hpp>
#include "missing.hpp"
#ifdef __cplusplus
#include <Eigen/Dense>
#endif
#if defined(_WIN32)
#include <windows.h>
#endif
namespace fs = std::filesystem;
template <typename T> class Box { T value; };
int main()
{
	const char *raw = R"(
#include <in-a-raw-string.h>
)";
	std::string name = "a.png", line = "identify " + name;
	std::system("convert a.png b.jpg");
	std::system(line.c_str());
	std::ifstream words("/usr/share/dict/words");
	return raw[0];
}
