# Draws the CSV of `compare.py --scaling`:
#
#   gnuplot -e "csv='scaling.csv'; svg='scaling.svg'" scaling.gp
#
# Above: our time per floating-point operation, relative to the smallest size; the dashed line is the
# bound of 1.5. Below: how much longer JAX (solid) and PyTorch (dashed) take than we do.

if (!exists("csv")) csv = 'scaling.csv'
if (!exists("svg")) svg = 'scaling.svg'

set terminal svg size 1300,560 font 'Helvetica,12' background rgb 'white'
set output svg
set datafile separator ','
set datafile columnheaders
set datafile missing 'NaN'

networks = 'rnn lstm gru gpt2'
sweeps = 'units batch tasks dimensions layers'
titles = '"width" "trials a batch" "boundaries" "dimensions" "layers (gpt2)"'
# Explicit, so that a sweep that was not measured leaves its panel empty.
lowest = '56 14 21 1.8 0.9'
highest = '1170 1170 1140 114 4.5'
array colors[4] = ['#0072B2', '#D55E00', '#009E73', '#CC79A7']

# The value of a column where the row belongs to a curve; programs go by their first word.
chosen(network, sweep, peer, value) = \
  strcol('architecture') eq network && strcol('sweep') eq sweep && \
  word(strcol('program'), 1) eq peer ? value : NaN

set multiplot layout 2,5 columnsfirst
set logscale x 2
set grid lc rgb '#dddddd'
set key top left samplen 1 spacing 0.9
do for [s = 1:words(sweeps)] {
  set xlabel word(titles, s)
  set xrange [real(word(lowest, s)):real(word(highest, s))]
  if (s == 1) { set key } else { unset key }
  if (s == 1) { set ylabel 'time per FLOP, relative' } else { unset ylabel }
  unset logscale y
  set yrange [0:2]
  plot 1.5 with lines dt 2 lc rgb '#888888' notitle, \
    for [n = 1:4] csv using (column('value')): \
      (chosen(word(networks, n), word(sweeps, s), 'disentangle', column('time_per_flop'))) \
      with linespoints pt 7 ps 0.6 lc rgb colors[n] title word(networks, n)
  if (s == 1) { set ylabel 'times as long as ours' }
  set logscale y 2
  set yrange [0.5:32]
  plot 1 with lines lc rgb '#888888' notitle, \
    for [n = 1:4] csv using (column('value')): \
      (chosen(word(networks, n), word(sweeps, s), 'jax', column('ratio_median'))) \
      with linespoints pt 7 ps 0.6 lc rgb colors[n] title word(networks, n), \
    for [n = 1:4] csv using (column('value')): \
      (chosen(word(networks, n), word(sweeps, s), 'torch', column('ratio_median'))) \
      with linespoints dt 2 pt 6 ps 0.6 lc rgb colors[n] notitle
}
unset multiplot
