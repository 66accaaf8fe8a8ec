-- What wrk sends: CMCD with a session of its own in each line. Arguments: the mode, and lines a body.
local mode, lines, thread, sent

function setup(thread) -- each thread has a Lua of its own
  threads = (threads or 0) + 1
  thread:set("number", threads)
end

function init(arguments)
  mode, lines, sent = arguments[1], tonumber(arguments[2]), 0
  if mode == "event" then wrk.headers["content-type"] = "application/cmcd" end
  if mode == "addresses" then wrk.headers["content-type"] = "text/uri-list" end
  math.randomseed(number)
end

local function sid()
  return string.format("%02x%014x-%x", number, sent, math.random(2 ^ 30))
end

local function event()
  return string.format(
    'bl=(%d00;v),br=(3200;v 128;a),cdn="fastly",cid="film-%d",e=t,h="e%d.example",mtp=(%d00),sf=h,'
      .. 'sid="%s",sn=%d,st=v,sta=p,ts=%d000,v=2',
    math.random(600), math.random(500), math.random(9), math.random(900), sid(), sent, os.time())
end

local function query()
  return string.format(
    "/v1/cmcd/akamai?CMCD=bl%%3D%d00%%2Cbr%%3D3200%%2Ccid%%3D%%22film-%d%%22%%2Cd%%3D4004%%2Cdl%%3D%d00"
      .. "%%2Cmtp%%3D%d00%%2Cnor%%3D%%22..%%252Fv%%252Fs%d.m4s%%22%%2Cot%%3Dv%%2Crtp%%3D15000%%2Csf%%3Dh"
      .. "%%2Csid%%3D%%22%s%%22%%2Cst%%3Dv%%2Ctb%%3D6000",
    math.random(600), math.random(500), math.random(600), math.random(900), math.random(9999), sid())
end

function request()
  if mode == "query" then
    sent = sent + 1
    return wrk.format("GET", query())
  end
  local body = {}
  for n = 1, lines do
    sent = sent + 1
    body[n] = mode == "event" and event() or query()
  end
  return wrk.format("POST", "/v1/cmcd", nil, table.concat(body, "\n"))
end
