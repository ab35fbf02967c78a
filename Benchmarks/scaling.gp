# Draws the CSV of `compare.py --scaling`:
#
#   gnuplot -e "csv='scaling.csv'; svg='scaling.svg'" scaling.gp
#
# Five panels have our time per floating-point operation against one size each, relative to the
# smallest; the dashed line is the bound of 1.5. The last has the peers' time by ours against the
# width.

if (!exists("csv")) csv = 'scaling.csv'
if (!exists("svg")) svg = 'scaling.svg'

set terminal svg size 1000,560 font 'Helvetica,13' background rgb 'white'
set output svg
set datafile separator ','
set datafile columnheaders
set datafile missing 'NaN'

networks = 'rnn lstm gru gpt2'
titles = 'RNN LSTM GRU GPT-2'
sweeps = 'units batch tasks dimensions layers'
axes = '"width" "trials a batch" "boundaries" "latent dimensions" "layers (GPT-2)"'
lowest = '56 13 20 1.7 0.9'
highest = '1200 1230 1200 118 4.4'
array colors[4] = ['#0072B2', '#D55E00', '#009E73', '#CC79A7']

# The value of a column where the row belongs to a curve; programs go by their first word.
chosen(network, sweep, peer, value) = \
  strcol('architecture') eq network && strcol('sweep') eq sweep && \
  word(strcol('program'), 1) eq peer ? value : NaN

set multiplot layout 2,3
set logscale x 2
set grid lc rgb '#dddddd'
set border 3
set tics nomirror out
set key bottom left samplen 1.5 spacing 0.9
set yrange [0:1.75]
set ytics 0.5
set ylabel 'time per FLOP, relative'
do for [s = 1:words(sweeps)] {
  sweep = word(sweeps, s)
  set xlabel word(axes, s)
  set xrange [real(word(lowest, s)):real(word(highest, s))]
  if (sweep eq 'units') { set xtics (64, 128, 256, 512, 1024) }
  if (sweep eq 'batch') { set xtics (16, 64, 256, 1024) }
  if (sweep eq 'tasks') { set xtics (24, 100, 300, 1000) }
  if (sweep eq 'dimensions') { set xtics (2, 10, 30, 100) }
  if (sweep eq 'layers') { set xtics (1, 2, 3, 4) }
  # Only GPT-2 has layers.
  from = sweep eq 'layers' ? 4 : 1
  if (s == 1) { set key } else { unset key }
  plot 1.5 with lines dt 2 lc rgb '#888888' notitle, \
    for [n = from:4] csv using (column('value')): \
      (chosen(word(networks, n), sweep, 'disentangle', column('time_per_flop'))) \
      with linespoints pt 7 ps 0.6 lc rgb colors[n] title word(titles, n)
}
set xlabel 'width'
set ylabel 'times as long as ours'
set xrange [56:1200]
set xtics (64, 128, 256, 512, 1024)
set logscale y 2
set yrange [0.7:8]
set ytics (1, 2, 4, 8)
set key top left
plot 1 with lines lc rgb '#888888' notitle, \
  for [n = 1:4] csv using (column('value')): \
    (chosen(word(networks, n), 'units', 'jax', column('ratio_median'))) \
    with linespoints pt 7 ps 0.6 lc rgb colors[n] notitle, \
  for [n = 1:4] csv using (column('value')): \
    (chosen(word(networks, n), 'units', 'torch', column('ratio_median'))) \
    with linespoints dt 2 pt 6 ps 0.6 lc rgb colors[n] notitle, \
  NaN with linespoints pt 7 ps 0.6 lc rgb '#444444' title 'JAX', \
  NaN with linespoints dt 2 pt 6 ps 0.6 lc rgb '#444444' title 'PyTorch'
unset multiplot
