// Aligned text tables: the one look of every command's human output.
//
// Cells are text of any origin: control characters and invalid UTF-8 are shown escaped, so a file
// name cannot drive the terminal. Widths count terminal columns (wide and combining characters
// included). Colour is the caller's decision (--color, NO_COLOR, a terminal); this package never
// looks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::report {

enum class Tone { kPlain, kGood, kBad, kWarning, kDim, kStrong };

// text in the tone's colour, or text alone when colour is off or the tone is plain.
std::string paint(std::string_view text, Tone tone, bool colour);

enum class Align { kLeft, kRight };  // numbers go right

struct Column {
    std::string title;
    Align align = Align::kLeft;
};

struct Cell {
    Cell(std::string cell_text, Tone cell_tone = Tone::kPlain)
        : text(std::move(cell_text)), tone(cell_tone) {}
    Cell(std::string_view cell_text, Tone cell_tone = Tone::kPlain)
        : text(cell_text), tone(cell_tone) {}
    Cell(const char* cell_text, Tone cell_tone = Tone::kPlain) : text(cell_text), tone(cell_tone) {}

    std::string text;
    Tone tone = Tone::kPlain;
};

class Table {
  public:
    // Columns without any title make a table without a header line.
    explicit Table(std::vector<Column> columns);

    // A row may be shorter than the columns, never longer (extra cells are dropped).
    void add(std::vector<Cell> row);
    std::size_t rows() const { return rows_.size(); }

    // One line per row, two spaces between columns, no trailing spaces, every line ended.
    std::string render(bool colour) const;

  private:
    std::vector<std::size_t> widths() const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace assay::report
