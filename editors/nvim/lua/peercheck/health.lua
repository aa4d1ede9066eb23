-- :checkhealth peercheck
local M = {}

function M.check()
  local health = vim.health or {}
  local start = health.start or require('health').report_start
  local ok = health.ok or require('health').report_ok
  local warn = health.warn or require('health').report_warn
  local fail = health.error or require('health').report_error

  start('peercheck')
  local program = require('peercheck').options.cmd[1]
  if vim.fn.executable(program) == 0 then
    fail(program .. ' is not executable', { 'Install it, or name it in `cmd` of setup(): `:help peercheck-setup`' })
    return
  end
  ok(vim.fn.exepath(program) .. ': ' .. vim.trim(vim.fn.system({ program, 'version' })))
  for _, tool in ipairs({ 'git', 'go' }) do
    if vim.fn.executable(tool) == 1 then
      ok(tool .. ' is there')
    else
      warn(tool .. ' is not on the PATH', { tool == 'git' and 'Findings are not compared with HEAD.' or 'Go files are judged with partial types.' })
    end
  end
  local clients = require('peercheck').clients()
  if #clients == 0 then
    warn('no server runs', { 'Call require("peercheck").setup(), and open a file.' })
  end
  for _, client in ipairs(clients) do
    ok('a server runs for ' .. tostring(client.config.root_dir))
  end
end

return M
