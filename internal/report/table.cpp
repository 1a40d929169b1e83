#include "internal/report/table.hpp"

#include <algorithm>
#include <utility>

#include "internal/report/text.hpp"

namespace assay::report {
namespace {

// SGR sequences (ECMA-48): the eight basic colours only, which every theme makes readable.
std::string_view start_of(Tone tone) {
    switch (tone) {
        case Tone::kGood:
            return "\x1b[32m";
        case Tone::kBad:
            return "\x1b[31m";
        case Tone::kWarning:
            return "\x1b[33m";
        case Tone::kDim:
            return "\x1b[2m";
        case Tone::kStrong:
            return "\x1b[1m";
        case Tone::kPlain:
            break;
    }
    return {};
}

struct LineWriter {
    const std::vector<Column>& columns;
    const std::vector<std::size_t>& widths;
    bool colour;

    void append(std::string& out, const std::vector<Cell>& row) const {
        std::size_t owed = 0;  // spaces that are printed only if something follows them
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::size_t padding = widths[i] - display_width(row[i].text);
            const bool right = columns[i].align == Align::kRight;
            if (i > 0) owed += 2;
            if (right) owed += padding;
            if (!row[i].text.empty()) {
                out.append(owed, ' ');
                owed = 0;
                out += paint(row[i].text, row[i].tone, colour);
            }
            if (!right) owed += padding;
        }
        out += '\n';
    }
};

}  // namespace

std::string paint(std::string_view text, Tone tone, bool colour) {
    const std::string_view start = start_of(tone);
    if (!colour || start.empty()) return std::string(text);
    return std::string(start).append(text).append("\x1b[0m");
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<Cell> row) {
    if (row.size() > columns_.size())
        row.erase(row.begin() + std::ptrdiff_t(columns_.size()), row.end());
    for (Cell& cell : row) cell.text = printable(cell.text);
    rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths() const {
    std::vector<std::size_t> widths;
    for (const Column& column : columns_) widths.push_back(display_width(column.title));
    for (const std::vector<Cell>& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], display_width(row[i].text));
        }
    }
    return widths;
}

std::string Table::render(bool colour) const {
    const std::vector<std::size_t> column_widths = widths();
    const LineWriter writer{columns_, column_widths, colour};
    std::string out;
    std::vector<Cell> header;
    for (const Column& column : columns_) header.emplace_back(column.title, Tone::kStrong);
    const bool titled = std::any_of(columns_.begin(), columns_.end(),
                                    [](const Column& column) { return !column.title.empty(); });
    if (titled) writer.append(out, header);
    for (const std::vector<Cell>& row : rows_) writer.append(out, row);
    return out;
}

}  // namespace assay::report
