-- The pairs of the fuzzy pass, matched or suggested, with their evidence; a person reads why in it.
{{ spread(ref("res_likeness"), "pairs", ["leg", "processor"]) }}
