# Draws the picture of `beyond-outputs.sh` from its CSV file:
#
#   gnuplot -e "folder='runs/beyond-outputs'" beyond-outputs.gp

if (!exists("folder")) folder = '.'
trained = folder.'/trained.csv'

set datafile separator ','
set datafile columnheaders
set grid y lc rgb '#dddddd'
set bmargin 5
set border 3
set tics nomirror out
encoders = 'relu linearFree'
letters = 'a b'
names = 'RNN LSTM GPT-2 ideal'
tasks = '2 6 24'
# Two panels, and the key beside the second.
left = 'set lmargin at screen 0.06; set rmargin at screen 0.40'
right = 'set lmargin at screen 0.46; set rmargin at screen 0.80'
outside = 'set key at screen 0.815,0.8 left top Left reverse samplen 1 spacing 1.2'
array colors[3] = ['#0072B2', '#D55E00', '#009E73']

set terminal svg size 1240,430 font 'Helvetica,13' background rgb 'white'
stats trained using (column('ceiling')) name 'ceiling' nooutput
set output folder.'/beyond-outputs.svg'
set multiplot layout 1,2
set xrange [0.2:14.8]
set xlabel ' '
set ylabel 'r², held out' offset 1,0
set xtics ()
do for [n = 1:3] {
  do for [a = 1:4] { set xtics add (word(names, a) 5 * (n - 1) + a) }
}
set xtics rotate by 40 right
# Where a kind of network stands.
place(a, n) = (n == 2 ? 0 : n == 6 ? 5 : 10) + \
  (a eq 'leakyRNN' ? 1 : a eq 'lstm' ? 2 : a eq 'gpt2' ? 3 : 4)
here = 'place(strcol(''architecture''), column(''tasks''))'
# The ideal observer has no encoder: it stands in both panels, and no floor goes with it.
in(e, value) = strcol('encoder') eq e || strcol('architecture') eq 'ideal' ? value : NaN
below(e, value) = strcol('encoder') eq e && strcol('architecture') ne 'ideal' ? value : NaN
# What lies below the axis is said in a line of its own: every median must have its place.
lowest = 0.4
do for [e = 1:2] {
  encoder = word(encoders, e)
  set title word(letters, e).'  encoder '.encoder left offset 0,-0.3
  # Statistics heed the axis' range.
  set yrange [*:*]
  stats trained using (below(encoder, column('encoderAlone'))) name 'alone' nooutput
  stats trained using (below(encoder, column('untrained'))) name 'drawn' nooutput
  unset label 4
  set yrange [lowest:1]
  if (e == 1) { @left; unset key }
  if (e == 2) { @right; @outside }
  if (alone_max < lowest && drawn_max < lowest) {
    set label 4 sprintf('below the axis: encoder alone %.2f, untrained %.2f to %.2f', \
      alone_median, drawn_min, drawn_max) at graph 0.99, graph 0.1 right textcolor rgb '#666666' font ',11'
  }
  do for [n = 1:3] {
    set label n 'N = '.word(tasks, n) at first 5 * (n - 1) + 2.5, graph 0.03 center textcolor rgb '#666666'
  }
  plot ceiling_max with lines dt 2 lc rgb '#444444' title 'any decoder of the looks', \
    trained using (@here):(in(encoder, column('labelFree'))):(column('labelFreeLower')):(column('labelFreeUpper')) \
      with yerrorbars pt 13 ps 0.65 lc rgb colors[3] title 'own logits, nothing fitted', \
    trained using (@here + 0.27):(in(encoder, column('logits'))):(column('logitsLower')):(column('logitsUpper')) \
      with yerrorbars pt 6 ps 0.7 lw 1.3 lc rgb colors[2] title 'own logits, fitted', \
    trained using (@here - 0.27):(in(encoder, column('state'))):(column('stateLower')):(column('stateUpper')) \
      with yerrorbars pt 7 ps 0.7 lw 1.3 lc rgb colors[1] title 'state, fitted', \
    trained using (@here - 0.14):(below(encoder, column('encoderAlone'))) \
      with points pt 2 ps 0.6 lc rgb '#777777' title 'encoder alone', \
    trained using (@here + 0.14):(below(encoder, column('untrained'))) \
      with points pt 1 ps 0.7 lc rgb '#777777' title 'untrained'
}
unset multiplot
