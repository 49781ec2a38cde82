;; Matrix times vector, plus a bias, in single precision: what nearly all of the time goes into.
;;
;; out[row] = bias[row] + sum over k of W[row * columns + k] * x[k]
;;
;; Four rows at once, so that x is read a quarter as often, and four columns at once.
;; kernel.js holds this file compiled; a test compiles it again and compares.
(module
  (import "page" "memory" (memory 1))

  (func $sum (param $v v128) (result f32)
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $v)) (f32x4.extract_lane 1 (local.get $v)))
      (f32.add (f32x4.extract_lane 2 (local.get $v)) (f32x4.extract_lane 3 (local.get $v)))))

  ;; addresses and the stride are in bytes
  (func (export "affine")
    (param $W i32) (param $x i32) (param $bias i32) (param $out i32)
    (param $rows i32) (param $columns i32)
    (local $stride i32) (local $wide i32) (local $k i32)
    (local $b i32) (local $c i32) (local $d i32) (local $v v128) (local $u f32)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local $f0 f32) (local $f1 f32) (local $f2 f32) (local $f3 f32)

    (local.set $stride (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $wide (i32.and (local.get $stride) (i32.const -16)))

    (block $single
      (loop $four
        (br_if $single (i32.lt_s (local.get $rows) (i32.const 4)))
        (local.set $b (i32.add (local.get $W) (local.get $stride)))
        (local.set $c (i32.add (local.get $b) (local.get $stride)))
        (local.set $d (i32.add (local.get $c) (local.get $stride)))
        (local.set $s0 (v128.const f32x4 0 0 0 0))
        (local.set $s1 (v128.const f32x4 0 0 0 0))
        (local.set $s2 (v128.const f32x4 0 0 0 0))
        (local.set $s3 (v128.const f32x4 0 0 0 0))
        (local.set $k (i32.const 0))
        (block $summed
          (loop $columns4
            (br_if $summed (i32.ge_s (local.get $k) (local.get $wide)))
            (local.set $v (v128.load (i32.add (local.get $x) (local.get $k))))
            (local.set $s0 (f32x4.add (local.get $s0) (f32x4.mul (local.get $v)
              (v128.load (i32.add (local.get $W) (local.get $k))))))
            (local.set $s1 (f32x4.add (local.get $s1) (f32x4.mul (local.get $v)
              (v128.load (i32.add (local.get $b) (local.get $k))))))
            (local.set $s2 (f32x4.add (local.get $s2) (f32x4.mul (local.get $v)
              (v128.load (i32.add (local.get $c) (local.get $k))))))
            (local.set $s3 (f32x4.add (local.get $s3) (f32x4.mul (local.get $v)
              (v128.load (i32.add (local.get $d) (local.get $k))))))
            (local.set $k (i32.add (local.get $k) (i32.const 16)))
            (br $columns4)))
        (local.set $f0 (call $sum (local.get $s0)))
        (local.set $f1 (call $sum (local.get $s1)))
        (local.set $f2 (call $sum (local.get $s2)))
        (local.set $f3 (call $sum (local.get $s3)))
        (block $finished
          (loop $rest
            (br_if $finished (i32.ge_s (local.get $k) (local.get $stride)))
            (local.set $u (f32.load (i32.add (local.get $x) (local.get $k))))
            (local.set $f0 (f32.add (local.get $f0) (f32.mul (local.get $u)
              (f32.load (i32.add (local.get $W) (local.get $k))))))
            (local.set $f1 (f32.add (local.get $f1) (f32.mul (local.get $u)
              (f32.load (i32.add (local.get $b) (local.get $k))))))
            (local.set $f2 (f32.add (local.get $f2) (f32.mul (local.get $u)
              (f32.load (i32.add (local.get $c) (local.get $k))))))
            (local.set $f3 (f32.add (local.get $f3) (f32.mul (local.get $u)
              (f32.load (i32.add (local.get $d) (local.get $k))))))
            (local.set $k (i32.add (local.get $k) (i32.const 4)))
            (br $rest)))
        (f32.store (local.get $out)
          (f32.add (local.get $f0) (f32.load (local.get $bias))))
        (f32.store offset=4 (local.get $out)
          (f32.add (local.get $f1) (f32.load offset=4 (local.get $bias))))
        (f32.store offset=8 (local.get $out)
          (f32.add (local.get $f2) (f32.load offset=8 (local.get $bias))))
        (f32.store offset=12 (local.get $out)
          (f32.add (local.get $f3) (f32.load offset=12 (local.get $bias))))
        (local.set $W (i32.add (local.get $d) (local.get $stride)))
        (local.set $bias (i32.add (local.get $bias) (i32.const 16)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 4)))
        (br $four)))

    (block $done
      (loop $one
        (br_if $done (i32.eqz (local.get $rows)))
        (local.set $s0 (v128.const f32x4 0 0 0 0))
        (local.set $k (i32.const 0))
        (block $summed
          (loop $columns4
            (br_if $summed (i32.ge_s (local.get $k) (local.get $wide)))
            (local.set $s0 (f32x4.add (local.get $s0) (f32x4.mul
              (v128.load (i32.add (local.get $x) (local.get $k)))
              (v128.load (i32.add (local.get $W) (local.get $k))))))
            (local.set $k (i32.add (local.get $k) (i32.const 16)))
            (br $columns4)))
        (local.set $f0 (call $sum (local.get $s0)))
        (block $finished
          (loop $rest
            (br_if $finished (i32.ge_s (local.get $k) (local.get $stride)))
            (local.set $f0 (f32.add (local.get $f0) (f32.mul
              (f32.load (i32.add (local.get $x) (local.get $k)))
              (f32.load (i32.add (local.get $W) (local.get $k))))))
            (local.set $k (i32.add (local.get $k) (i32.const 4)))
            (br $rest)))
        (f32.store (local.get $out) (f32.add (local.get $f0) (f32.load (local.get $bias))))
        (local.set $W (i32.add (local.get $W) (local.get $stride)))
        (local.set $bias (i32.add (local.get $bias) (i32.const 4)))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
        (br $one)))))
