-- What this run's fuzzy pass has learnt from the lines themselves.
select leg, processor, parameter, level, value, unit
from ({{ spread(ref("res_likeness"), "parameters", ["leg", "processor"]) }}) as learnt
