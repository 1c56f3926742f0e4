"""A criteria set on paper: the printed scoring form (*phiếu chấm điểm*) and the workbook of the same."""
