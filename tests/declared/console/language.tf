# Evaluated by Terraform and by us: heredocs, templates over several lines, comments, references between locals.
locals {
  plain = <<EOT
first ${local.name}
  second \n not an escape $${x} %%{y}
EOT

  indented = <<-EOT
      deep ${local.name}

    shallow
	tab
      ${local.name} starts
    EOT

  indented_by_sequence = <<-EOT
    ${local.name}
      more
    EOT

  indented_blank = <<-EOT
      a

   
      b
    EOT

  stripped = <<-EOT
    list:
    %{~ for x in ["a", "b"] ~}
    - ${x}
    %{~ endfor ~}
    end
    EOT

  stripped_plain = <<EOT
a
   ${~ local.name ~}
   b
%{ if true ~}
  yes
%{ else ~}
  no
%{ endif ~}
tail
EOT

  directive_lines = <<-EOT
    %{ for k, v in { x = 1, y = 2 } ~}
    ${k} = ${v}
    %{ endfor ~}
    %{ if length(local.list) > 1 }many%{ else }few%{ endif }
    EOT

  empty = <<EOT
EOT

  empty_line = <<EOT

EOT

  only_sequence = <<EOT
${local.list[0]}
EOT

  quotes = <<-EOT
    {"a": "${"nested \"quoted\" ${local.name}"}"}
    EOT

  windows = <<-EOT
    one
      two
    EOT

  braces = <<-EOT
    if { x } ${ { a = "}" }.a } }
    EOT

  marker_inside = <<EOT
EOTX
 EOT X
  EOT

  name = "world" # a comment
  list = [
    "x", // another
    "y", /* and
    one more */
  ]
  object = {
    a   = 1
    "b" = 2, c : 3
    (upper("d")) = local.name
    "${local.name}-e" = true
    f = { g = [for x in local.list : x if x != "y"] }
    null = 1, true = 2, if = 3, in = 4
  }
  newlines = "${
    local.name
  }-${length(
    local.list
  )}"
  call = merge(
    { a = 1 },
    { b = 2 }, # trailing comma follows
  )
  expanded = max([1, 5, 3]...)
  long = (
    1
    + 2 *
    3
    == 7
    ? "seven"
    : "other"
  )
  indexed  = local.object.f.g[0]
  legacy   = local.list.1
  splat    = [{ a = { b = 1 } }, { a = { b = 2 } }].*.a.b
  nested   = "${"${"${local.name}"}"}"
  for_keys = { for i, x in local.list : x => i }
  for_deep = {
    for k, v in local.object :
    k => v
    if can(tonumber(v))
  }
  grouped = { for x in ["ab", "ac", "b"] : substr(x, 0, 1) => x... }
  signs     = [!true, !!true, -(-1), - -1, 1 - -1, 1-1, -local.object.a, !local.object["${local.name}-e"]]
  precedence = [1 + 2 * 3, (1 + 2) * 3, 10 - 4 - 3, 2 * 3 % 4, 1 < 2 == true, true || false && false, !false && false, -2 + 3]
  unicode   = "é-\u00e9-\U0001F600-e\u0301"
  größe     = 1
  from-name = local.größe + 1
  spaced    = local . name
  template_a = templatefile("${path.module}/plain.tftpl", { name = "x", items = ["a", "b"] })
  template_b = templatefile("${path.module}/value.tftpl", { v = [1, 2] })
  template_c = try(templatefile("${path.module}/plain.tftpl", { name = "x" }), "missing")
}
