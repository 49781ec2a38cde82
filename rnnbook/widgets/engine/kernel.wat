;; What nearly all of the time goes into: matrix times vector, and what the gates do to the result.
;;
;; affine        out[row] = bias[row] + sum over k of W[row * columns + k] * x[k], W in single precision
;; split         x as whole numbers of 16 bits, twice: what the next function multiplies
;; affine_int8   the same sum as affine, W a byte a weight with a scale a row
;; squash        the logistic function or tanh of many numbers, in place
;;
;; x, bias, out, and what squash changes are in double precision; addresses are in bytes.
;; kernel.js holds this file compiled; a test compiles it again and compares.
(module
  (import "page" "memory" (memory 1))

  (func $sum (param $v v128) (param $u v128) (result f64)
    (local.set $v (f64x2.add (local.get $v) (local.get $u)))
    (f64.add (f64x2.extract_lane 0 (local.get $v)) (f64x2.extract_lane 1 (local.get $v))))

  ;; Four rows at once, so that x is read a quarter as often, and four columns at once.
  ;; The stride, which is that of W, is in bytes.
  (func (export "affine")
    (param $W i32) (param $x i32) (param $bias i32) (param $out i32)
    (param $rows i32) (param $columns i32)
    (local $stride i32) (local $wide i32) (local $k i32) (local $at i32)
    (local $b i32) (local $c i32) (local $d i32) (local $v v128) (local $w v128) (local $u f64)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local $t0 v128) (local $t1 v128) (local $t2 v128) (local $t3 v128)
    (local $f0 f64) (local $f1 f64) (local $f2 f64) (local $f3 f64)

    (local.set $stride (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $wide (i32.and (local.get $stride) (i32.const -16)))

    (block $single
      (loop $four
        (br_if $single (i32.lt_s (local.get $rows) (i32.const 4)))
        (local.set $b (i32.add (local.get $W) (local.get $stride)))
        (local.set $c (i32.add (local.get $b) (local.get $stride)))
        (local.set $d (i32.add (local.get $c) (local.get $stride)))
        (local.set $s0 (v128.const f64x2 0 0))
        (local.set $s1 (v128.const f64x2 0 0))
        (local.set $s2 (v128.const f64x2 0 0))
        (local.set $s3 (v128.const f64x2 0 0))
        (local.set $t0 (v128.const f64x2 0 0))
        (local.set $t1 (v128.const f64x2 0 0))
        (local.set $t2 (v128.const f64x2 0 0))
        (local.set $t3 (v128.const f64x2 0 0))
        (local.set $k (i32.const 0))
        (block $summed
          (loop $columns4
            (br_if $summed (i32.ge_s (local.get $k) (local.get $wide)))
            (local.set $at (i32.add (local.get $x) (i32.shl (local.get $k) (i32.const 1))))
            (local.set $v (v128.load (local.get $at)))
            (local.set $w (v128.load offset=16 (local.get $at)))
            (local.set $at (i32.add (local.get $W) (local.get $k)))
            (local.set $s0 (f64x2.add (local.get $s0) (f64x2.mul (local.get $v)
              (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at))))))
            (local.set $t0 (f64x2.add (local.get $t0) (f64x2.mul (local.get $w)
              (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $at))))))
            (local.set $at (i32.add (local.get $b) (local.get $k)))
            (local.set $s1 (f64x2.add (local.get $s1) (f64x2.mul (local.get $v)
              (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at))))))
            (local.set $t1 (f64x2.add (local.get $t1) (f64x2.mul (local.get $w)
              (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $at))))))
            (local.set $at (i32.add (local.get $c) (local.get $k)))
            (local.set $s2 (f64x2.add (local.get $s2) (f64x2.mul (local.get $v)
              (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at))))))
            (local.set $t2 (f64x2.add (local.get $t2) (f64x2.mul (local.get $w)
              (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $at))))))
            (local.set $at (i32.add (local.get $d) (local.get $k)))
            (local.set $s3 (f64x2.add (local.get $s3) (f64x2.mul (local.get $v)
              (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at))))))
            (local.set $t3 (f64x2.add (local.get $t3) (f64x2.mul (local.get $w)
              (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $at))))))
            (local.set $k (i32.add (local.get $k) (i32.const 16)))
            (br $columns4)))
        (local.set $f0 (call $sum (local.get $s0) (local.get $t0)))
        (local.set $f1 (call $sum (local.get $s1) (local.get $t1)))
        (local.set $f2 (call $sum (local.get $s2) (local.get $t2)))
        (local.set $f3 (call $sum (local.get $s3) (local.get $t3)))
        (block $finished
          (loop $rest
            (br_if $finished (i32.ge_s (local.get $k) (local.get $stride)))
            (local.set $u (f64.load (i32.add (local.get $x) (i32.shl (local.get $k) (i32.const 1)))))
            (local.set $f0 (f64.add (local.get $f0) (f64.mul (local.get $u)
              (f64.promote_f32 (f32.load (i32.add (local.get $W) (local.get $k)))))))
            (local.set $f1 (f64.add (local.get $f1) (f64.mul (local.get $u)
              (f64.promote_f32 (f32.load (i32.add (local.get $b) (local.get $k)))))))
            (local.set $f2 (f64.add (local.get $f2) (f64.mul (local.get $u)
              (f64.promote_f32 (f32.load (i32.add (local.get $c) (local.get $k)))))))
            (local.set $f3 (f64.add (local.get $f3) (f64.mul (local.get $u)
              (f64.promote_f32 (f32.load (i32.add (local.get $d) (local.get $k)))))))
            (local.set $k (i32.add (local.get $k) (i32.const 4)))
            (br $rest)))
        (f64.store (local.get $out)
          (f64.add (local.get $f0) (f64.load (local.get $bias))))
        (f64.store offset=8 (local.get $out)
          (f64.add (local.get $f1) (f64.load offset=8 (local.get $bias))))
        (f64.store offset=16 (local.get $out)
          (f64.add (local.get $f2) (f64.load offset=16 (local.get $bias))))
        (f64.store offset=24 (local.get $out)
          (f64.add (local.get $f3) (f64.load offset=24 (local.get $bias))))
        (local.set $W (i32.add (local.get $d) (local.get $stride)))
        (local.set $bias (i32.add (local.get $bias) (i32.const 32)))
        (local.set $out (i32.add (local.get $out) (i32.const 32)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 4)))
        (br $four)))

    (block $done
      (loop $one
        (br_if $done (i32.eqz (local.get $rows)))
        (local.set $s0 (v128.const f64x2 0 0))
        (local.set $t0 (v128.const f64x2 0 0))
        (local.set $k (i32.const 0))
        (block $summed
          (loop $columns4
            (br_if $summed (i32.ge_s (local.get $k) (local.get $wide)))
            (local.set $at (i32.add (local.get $x) (i32.shl (local.get $k) (i32.const 1))))
            (local.set $v (v128.load (local.get $at)))
            (local.set $w (v128.load offset=16 (local.get $at)))
            (local.set $at (i32.add (local.get $W) (local.get $k)))
            (local.set $s0 (f64x2.add (local.get $s0) (f64x2.mul (local.get $v)
              (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at))))))
            (local.set $t0 (f64x2.add (local.get $t0) (f64x2.mul (local.get $w)
              (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $at))))))
            (local.set $k (i32.add (local.get $k) (i32.const 16)))
            (br $columns4)))
        (local.set $f0 (call $sum (local.get $s0) (local.get $t0)))
        (block $finished
          (loop $rest
            (br_if $finished (i32.ge_s (local.get $k) (local.get $stride)))
            (local.set $u (f64.load (i32.add (local.get $x) (i32.shl (local.get $k) (i32.const 1)))))
            (local.set $f0 (f64.add (local.get $f0) (f64.mul (local.get $u)
              (f64.promote_f32 (f32.load (i32.add (local.get $W) (local.get $k)))))))
            (local.set $k (i32.add (local.get $k) (i32.const 4)))
            (br $rest)))
        (f64.store (local.get $out) (f64.add (local.get $f0) (f64.load (local.get $bias))))
        (local.set $W (i32.add (local.get $W) (local.get $stride)))
        (local.set $bias (i32.add (local.get $bias) (i32.const 8)))
        (local.set $out (i32.add (local.get $out) (i32.const 8)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
        (br $one))))

  ;; A number of x becomes step * (high + low / 65534), high and low of 16 bits: exact to 2^-32 of the
  ;; largest. Eight numbers make a group of 32 bytes, the high halves before the low ones. Returns step.
  (func (export "split") (param $x i32) (param $count i32) (param $to i32) (result f64)
    (local $k i32) (local $at i32) (local $largest f64) (local $u f64) (local $high f64)
    (local.set $k (local.get $count))
    (block $found
      (loop $next
        (br_if $found (i32.eqz (local.get $k)))
        (local.set $k (i32.sub (local.get $k) (i32.const 1)))
        (local.set $largest (f64.max (local.get $largest)
          (f64.abs (f64.load (i32.add (local.get $x) (i32.shl (local.get $k) (i32.const 3)))))))
        (br $next)))
    (if (f64.eq (local.get $largest) (f64.const 0))
      (then (local.set $largest (f64.const 1))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $k) (local.get $count)))
        (local.set $u (f64.mul (f64.div (f64.const 32767) (local.get $largest))
          (f64.load (i32.add (local.get $x) (i32.shl (local.get $k) (i32.const 3))))))
        (local.set $high (f64.nearest (local.get $u)))
        (local.set $at (i32.add (local.get $to) (i32.add
          (i32.shl (i32.shr_u (local.get $k) (i32.const 3)) (i32.const 5))
          (i32.shl (i32.and (local.get $k) (i32.const 7)) (i32.const 1)))))
        (i32.store16 (local.get $at) (i32.trunc_sat_f64_s (local.get $high)))
        (i32.store16 offset=16 (local.get $at) (i32.trunc_sat_f64_s (f64.nearest
          (f64.mul (f64.sub (local.get $u) (local.get $high)) (f64.const 65534)))))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br $next)))
    (f64.div (local.get $largest) (f64.const 32767)))

  ;; high + low / 65534 of four sums each, as two sums
  (func $joined (param $high v128) (param $low v128) (result v128)
    (f64x2.add
      (f64x2.add (f64x2.convert_low_i32x4_s (local.get $high))
        (f64x2.convert_low_i32x4_s (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
          (local.get $high) (local.get $high))))
      (f64x2.mul (v128.const f64x2 0x1.000200040008p-16 0x1.000200040008p-16) ;; 1 / 65534
        (f64x2.add (f64x2.convert_low_i32x4_s (local.get $low))
          (f64x2.convert_low_i32x4_s (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
            (local.get $low) (local.get $low)))))))

  ;; out[row] = bias[row] + scale[row] * step * sum over k of W[row, k] * (high[k] + low[k] / 65534)
  ;;
  ;; Whole numbers are multiplied and summed: no order of the sum and no machine gives other ones.
  ;; W lies as it is read: four rows at a time, of each the same eight columns, then the next eight.
  ;; There are 4 n rows and 8 n columns; those that the matrix lacks are zero. A sum of 32 bits has room
  ;; for a quarter of 2048 columns, which is why rows that are longer are summed in pieces.
  (func (export "affine_int8")
    (param $W i32) (param $scale i32) (param $x i32) (param $step f64)
    (param $bias i32) (param $out i32) (param $rows i32) (param $columns i32)
    (local $k i32) (local $end i32) (local $stop i32) (local $at i32)
    (local $h v128) (local $l v128) (local $w v128) (local $steps v128)
    (local $h0 v128) (local $h1 v128) (local $h2 v128) (local $h3 v128)
    (local $l0 v128) (local $l1 v128) (local $l2 v128) (local $l3 v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local.set $end (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $steps (f64x2.splat (local.get $step)))
    (loop $four
      (local.set $s0 (v128.const f64x2 0 0))
      (local.set $s1 (v128.const f64x2 0 0))
      (local.set $s2 (v128.const f64x2 0 0))
      (local.set $s3 (v128.const f64x2 0 0))
      (local.set $k (i32.const 0))
      (loop $piece
        (local.set $stop (i32.add (local.get $k) (i32.const 8192)))
        (if (i32.gt_u (local.get $stop) (local.get $end))
          (then (local.set $stop (local.get $end))))
        (local.set $h0 (v128.const i32x4 0 0 0 0))
        (local.set $h1 (v128.const i32x4 0 0 0 0))
        (local.set $h2 (v128.const i32x4 0 0 0 0))
        (local.set $h3 (v128.const i32x4 0 0 0 0))
        (local.set $l0 (v128.const i32x4 0 0 0 0))
        (local.set $l1 (v128.const i32x4 0 0 0 0))
        (local.set $l2 (v128.const i32x4 0 0 0 0))
        (local.set $l3 (v128.const i32x4 0 0 0 0))
        (loop $eight
          (local.set $at (i32.add (local.get $x) (local.get $k)))
          (local.set $h (v128.load (local.get $at)))
          (local.set $l (v128.load offset=16 (local.get $at)))
          (local.set $at (i32.add (local.get $W) (local.get $k)))
          (local.set $w (v128.load8x8_s (local.get $at)))
          (local.set $h0 (i32x4.add (local.get $h0) (i32x4.dot_i16x8_s (local.get $w) (local.get $h))))
          (local.set $l0 (i32x4.add (local.get $l0) (i32x4.dot_i16x8_s (local.get $w) (local.get $l))))
          (local.set $w (v128.load8x8_s offset=8 (local.get $at)))
          (local.set $h1 (i32x4.add (local.get $h1) (i32x4.dot_i16x8_s (local.get $w) (local.get $h))))
          (local.set $l1 (i32x4.add (local.get $l1) (i32x4.dot_i16x8_s (local.get $w) (local.get $l))))
          (local.set $w (v128.load8x8_s offset=16 (local.get $at)))
          (local.set $h2 (i32x4.add (local.get $h2) (i32x4.dot_i16x8_s (local.get $w) (local.get $h))))
          (local.set $l2 (i32x4.add (local.get $l2) (i32x4.dot_i16x8_s (local.get $w) (local.get $l))))
          (local.set $w (v128.load8x8_s offset=24 (local.get $at)))
          (local.set $h3 (i32x4.add (local.get $h3) (i32x4.dot_i16x8_s (local.get $w) (local.get $h))))
          (local.set $l3 (i32x4.add (local.get $l3) (i32x4.dot_i16x8_s (local.get $w) (local.get $l))))
          (local.set $k (i32.add (local.get $k) (i32.const 32)))
          (br_if $eight (i32.lt_u (local.get $k) (local.get $stop))))
        (local.set $s0 (f64x2.add (local.get $s0) (call $joined (local.get $h0) (local.get $l0))))
        (local.set $s1 (f64x2.add (local.get $s1) (call $joined (local.get $h1) (local.get $l1))))
        (local.set $s2 (f64x2.add (local.get $s2) (call $joined (local.get $h2) (local.get $l2))))
        (local.set $s3 (f64x2.add (local.get $s3) (call $joined (local.get $h3) (local.get $l3))))
        (br_if $piece (i32.lt_u (local.get $k) (local.get $end))))
      ;; the two sums of a row come together, those of two rows side by side
      (v128.store (local.get $out) (f64x2.add (v128.load (local.get $bias)) (f64x2.mul
        (f64x2.mul (local.get $steps) (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $scale))))
        (f64x2.add
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $s0) (local.get $s1))
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $s0) (local.get $s1))))))
      (v128.store offset=16 (local.get $out) (f64x2.add (v128.load offset=16 (local.get $bias)) (f64x2.mul
        (f64x2.mul (local.get $steps) (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $scale))))
        (f64x2.add
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $s2) (local.get $s3))
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $s2) (local.get $s3))))))
      (local.set $W (i32.add (local.get $W) (local.get $end)))
      (local.set $scale (i32.add (local.get $scale) (i32.const 16)))
      (local.set $bias (i32.add (local.get $bias) (i32.const 32)))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 4)))
      (br_if $four (i32.gt_s (local.get $rows) (i32.const 0)))))

  ;; Every number z becomes a / (1 + exp(-a z)) + 1 - a: of a = 1 the logistic function, of a = 2 tanh.
  ;;
  ;; exp(z) is 2^n exp(r): n, the whole number that is nearest to z / ln 2, comes to stand in the last bits of
  ;; z / ln 2 + 1.5 * 2^52 and goes from there into the exponent; exp(r / 8) is its series up to the seventh
  ;; power, and is squared three times. Two vectors, x and y, go side by side, four numbers in all. Those
  ;; behind the last are changed too, up to a multiple of four, and then put back.
  (func (export "squash") (param $at i32) (param $count i32) (param $a f64)
    (local $end i32) (local $keptx v128) (local $kepty v128)
    (local $x v128) (local $nx v128) (local $rx v128) (local $px v128)
    (local $y v128) (local $ny v128) (local $ry v128) (local $py v128)
    (local $as v128) (local $rest v128) (local $most v128) (local $least v128) (local $log2e v128) (local $ln2 v128)
    (local $shift v128) (local $one v128) (local $c1 v128) (local $c2 v128) (local $c3 v128)
    (local $c4 v128) (local $c5 v128) (local $c6 v128) (local $c7 v128)
    (local.set $as (f64x2.splat (f64.neg (local.get $a))))
    (local.set $rest (f64x2.splat (f64.sub (f64.const 1) (local.get $a))))
    (local.set $most (f64x2.splat (f64.const 700)))
    (local.set $least (f64x2.splat (f64.const -700)))
    (local.set $log2e (f64x2.splat (f64.const 1.4426950408889634)))
    (local.set $ln2 (f64x2.splat (f64.const 0.6931471805599453)))
    (local.set $shift (f64x2.splat (f64.const 0x1.8p52)))
    (local.set $one (f64x2.splat (f64.const 1)))
    (local.set $c1 (f64x2.splat (f64.const 0.125))) ;; 1 / (1! 8^1)
    (local.set $c2 (f64x2.splat (f64.const 0.0078125))) ;; 1 / (2! 8^2)
    (local.set $c3 (f64x2.splat (f64.const 0.0003255208333333333))) ;; 1 / (3! 8^3)
    (local.set $c4 (f64x2.splat (f64.const 1.0172526041666666e-05))) ;; 1 / (4! 8^4)
    (local.set $c5 (f64x2.splat (f64.const 2.5431315104166666e-07))) ;; 1 / (5! 8^5)
    (local.set $c6 (f64x2.splat (f64.const 5.298190646701389e-09))) ;; 1 / (6! 8^6)
    (local.set $c7 (f64x2.splat (f64.const 9.46105472625248e-11))) ;; 1 / (7! 8^7)
    (local.set $end (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 3))))
    (local.set $keptx (v128.load (local.get $end)))
    (local.set $kepty (v128.load offset=16 (local.get $end)))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $x (f64x2.max (local.get $least) (f64x2.min (local.get $most)
          (f64x2.mul (local.get $as) (v128.load (local.get $at))))))
        (local.set $y (f64x2.max (local.get $least) (f64x2.min (local.get $most)
          (f64x2.mul (local.get $as) (v128.load offset=16 (local.get $at))))))
        (local.set $nx (f64x2.add (local.get $shift) (f64x2.mul (local.get $x) (local.get $log2e))))
        (local.set $ny (f64x2.add (local.get $shift) (f64x2.mul (local.get $y) (local.get $log2e))))
        (local.set $rx (f64x2.sub (local.get $x)
          (f64x2.mul (local.get $ln2) (f64x2.sub (local.get $nx) (local.get $shift)))))
        (local.set $ry (f64x2.sub (local.get $y)
          (f64x2.mul (local.get $ln2) (f64x2.sub (local.get $ny) (local.get $shift)))))
        (local.set $px (f64x2.add (local.get $c6) (f64x2.mul (local.get $rx) (local.get $c7))))
        (local.set $py (f64x2.add (local.get $c6) (f64x2.mul (local.get $ry) (local.get $c7))))
        (local.set $px (f64x2.add (local.get $c5) (f64x2.mul (local.get $rx) (local.get $px))))
        (local.set $py (f64x2.add (local.get $c5) (f64x2.mul (local.get $ry) (local.get $py))))
        (local.set $px (f64x2.add (local.get $c4) (f64x2.mul (local.get $rx) (local.get $px))))
        (local.set $py (f64x2.add (local.get $c4) (f64x2.mul (local.get $ry) (local.get $py))))
        (local.set $px (f64x2.add (local.get $c3) (f64x2.mul (local.get $rx) (local.get $px))))
        (local.set $py (f64x2.add (local.get $c3) (f64x2.mul (local.get $ry) (local.get $py))))
        (local.set $px (f64x2.add (local.get $c2) (f64x2.mul (local.get $rx) (local.get $px))))
        (local.set $py (f64x2.add (local.get $c2) (f64x2.mul (local.get $ry) (local.get $py))))
        (local.set $px (f64x2.add (local.get $c1) (f64x2.mul (local.get $rx) (local.get $px))))
        (local.set $py (f64x2.add (local.get $c1) (f64x2.mul (local.get $ry) (local.get $py))))
        (local.set $px (f64x2.add (local.get $one) (f64x2.mul (local.get $rx) (local.get $px))))
        (local.set $py (f64x2.add (local.get $one) (f64x2.mul (local.get $ry) (local.get $py))))
        (local.set $px (f64x2.mul (local.get $px) (local.get $px)))
        (local.set $py (f64x2.mul (local.get $py) (local.get $py)))
        (local.set $px (f64x2.mul (local.get $px) (local.get $px)))
        (local.set $py (f64x2.mul (local.get $py) (local.get $py)))
        (local.set $px (f64x2.mul (local.get $px) (local.get $px)))
        (local.set $py (f64x2.mul (local.get $py) (local.get $py)))
        (local.set $px (i64x2.add (local.get $px) (i64x2.shl (local.get $nx) (i32.const 52))))
        (local.set $py (i64x2.add (local.get $py) (i64x2.shl (local.get $ny) (i32.const 52))))
        (v128.store (local.get $at) (f64x2.sub (local.get $rest)
          (f64x2.div (local.get $as) (f64x2.add (local.get $one) (local.get $px)))))
        (v128.store offset=16 (local.get $at) (f64x2.sub (local.get $rest)
          (f64x2.div (local.get $as) (f64x2.add (local.get $one) (local.get $py)))))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (br $four)))
    (v128.store (local.get $end) (local.get $keptx))
    (v128.store offset=16 (local.get $end) (local.get $kepty))))
