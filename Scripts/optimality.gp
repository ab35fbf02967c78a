# Draws the picture of `optimality.sh` from its CSV file:
#
#   gnuplot -e "folder='runs/optimality'" optimality.gp

if (!exists("folder")) folder = '.'
networks = folder.'/optimality.csv'

set datafile separator ','
set datafile columnheaders
set grid y lc rgb '#dddddd'
set border 3
set tics nomirror out
set bmargin 4.5
set tmargin 2.5
tasks = '2 6 24'
array colors[3] = ['#0072B2', '#D55E00', '#009E73']

set terminal svg size 1180,410 font 'Helvetica,13' background rgb 'white'
set output folder.'/optimality.svg'
set multiplot
set logscale x
# To the right is better.
set xrange [0.045:0.00006]
set xtics ('.03' 0.03, '.01' 0.01, '.003' 0.003, '.001' 0.001, '3e-4' 0.0003, '1e-4' 0.0001)
set yrange [0:1]
set ytics 0.2
array lefts[3] = [0.055, 0.325, 0.595]
titles = 'a__state,_encoder_relu b__state,_encoder_linearFree c__own_logits,_nothing_fitted'
spaced(word) = system("echo '".word."' | tr _ ' '")

# The value of a column where the row belongs to a curve; in panel c both encoders do.
of(a, n, p, r2) = strcol('architecture') eq a && column('tasks') == n && \
  (p == 3 || strcol('encoder') eq word('relu linearFree', p)) ? r2 : NaN
r2(p) = p == 3 ? column('labelFree') : column('state')

do for [p = 1:3] {
  set lmargin at screen lefts[p]
  set rmargin at screen lefts[p] + 0.235
  set title spaced(word(titles, p)) left offset 0,-0.3
  if (p == 1) { set ylabel 'r², held out' offset 1.5,0 } else { unset ylabel }
  if (p == 2) { set xlabel 'loss above the ideal observer''s, nats an answer (logarithmic, falling)' } \
  else { set xlabel ' ' }
  if (p == 3) { set key at screen 0.845,0.85 left top Left reverse samplen 1 spacing 1.25 } else { unset key }
  plot 0.9779 with lines dt 2 lc rgb '#444444' title 'any decoder of the looks', \
    for [n = 1:3] networks using (column('excess')):(of('leakyRNN', real(word(tasks, n)), p, r2(p))) \
      with points pt 7 ps 0.55 lc rgb colors[n] title 'RNN, N = '.word(tasks, n), \
    for [n = 1:3] networks using (column('excess')):(of('lstm', real(word(tasks, n)), p, r2(p))) \
      with points pt 4 ps 0.9 lw 1.5 lc rgb colors[n] title (n == 1 ? 'LSTM, the end' : ''), \
    for [n = 1:3] networks using (column('excess')):(of('gpt2', real(word(tasks, n)), p, r2(p))) \
      with points pt 8 ps 1 lw 1.5 lc rgb colors[n] title (n == 1 ? 'GPT-2, the end' : '')
}
unset multiplot
