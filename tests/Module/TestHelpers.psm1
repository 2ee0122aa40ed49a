# What the tests of the module share: the staged module, a fake agent that answers as it is told, and two real agents that trust each other.
Set-StrictMode -Version Latest

$script:Repo = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
$script:Sites = $null

function Get-StagedModulePath {
    if ($env:MIRRORTOOLS_MODULE) { $env:MIRRORTOOLS_MODULE } else { Join-Path $script:Repo 'out/MirrorTools' }
}

function Import-StagedModule {
    Import-Module (Get-StagedModulePath) -Global -ErrorAction Stop
}

# A directory for one test file; Pester's TestDrive is a deep path, and a Unix socket's path has at most 108 bytes.
function New-TestDirectory {
    $path = Join-Path ([IO.Path]::GetTempPath()) ('mt' + [guid]::NewGuid().ToString('n').Substring(0, 10))
    (New-Item -ItemType Directory -Path $path).FullName
}

# Answers requests by a table: 'GET /v1/pairs' = an object (status 200), or @{ Status; Body; Stream; Hold } where that says more.
# Stream is a list of items that are sent as server-sent events; with Hold the answer stays open after them.
function New-FakeAgent {
    param([hashtable] $Route = @{}, [string] $Name = 'fake')

    $probe = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $probe.Start()
    $port = $probe.LocalEndpoint.Port
    $probe.Stop()

    $listener = [Net.HttpListener]::new()
    $listener.Prefixes.Add("http://127.0.0.1:$port/")
    $listener.Start()

    $directory = New-TestDirectory
    @{ agentId = [guid]::NewGuid().ToString(); name = $Name; apiAddress = "http://127.0.0.1:$port"; processId = $PID; version = '0.1.0'; startedAt = '2026-01-01T00:00:00Z' } |
        ConvertTo-Json | Set-Content (Join-Path $directory 'agent.json')
    Set-Content (Join-Path $directory 'token') 'secret'

    $fake = [pscustomobject]@{
        StateDirectory = $directory
        Route          = [hashtable]::Synchronized($Route)
        Requests       = [Collections.Concurrent.ConcurrentQueue[object]]::new()
        Listener       = $listener
        Shell          = [powershell]::Create()
    }
    $null = $fake.Shell.AddScript({
            param($listener, $route, $requests)
            $held = [Collections.Generic.List[object]]::new()
            while ($listener.IsListening) {
                try { $context = $listener.GetContext() } catch { break }
                $request = $context.Request
                $body = [IO.StreamReader]::new($request.InputStream).ReadToEnd()
                $requests.Enqueue([pscustomobject]@{
                        Method = $request.HttpMethod
                        Path   = $request.Url.AbsolutePath
                        Query  = $request.Url.Query
                        Token  = $request.Headers['Authorization']
                        Body   = if ($body -and $body[0] -eq '{') { $body | ConvertFrom-Json } else { $body }
                    })
                $answer = $route["$($request.HttpMethod) $($request.Url.AbsolutePath)"]
                if ($null -eq $answer) {
                    $answer = @{ Status = 404; Body = @{ errorId = 'PairNotFound'; message = "There is no $($request.Url.AbsolutePath)."; recommendedAction = 'Run Get-MirrorPair.'; category = 'ObjectNotFound' } }
                }
                elseif ($answer -isnot [hashtable] -or -not ($answer.ContainsKey('Body') -or $answer.ContainsKey('Stream'))) {
                    $answer = @{ Body = $answer }
                }
                $response = $context.Response
                # A connection for each request: this listener may close one that is kept just when the next request goes over it.
                $response.KeepAlive = $false
                $response.StatusCode = if ($answer.Status) { $answer.Status } else { 200 }
                try {
                    if ($answer.ContainsKey('Stream')) {
                        $response.ContentType = 'text/event-stream'
                        $response.SendChunked = $true
                        foreach ($item in $answer.Stream) {
                            $bytes = [Text.Encoding]::UTF8.GetBytes("data: $($item | ConvertTo-Json -Depth 8 -Compress)`n`n")
                            $response.OutputStream.Write($bytes, 0, $bytes.Length)
                            $response.OutputStream.Flush()
                        }
                        if ($answer['Hold']) { $held.Add($response); continue }
                    }
                    else {
                        $bytes = if ($answer.Body -is [byte[]]) { $answer.Body }
                        elseif ($answer.Body -is [string]) { [Text.Encoding]::UTF8.GetBytes($answer.Body) }
                        else { [Text.Encoding]::UTF8.GetBytes(($answer.Body | ConvertTo-Json -Depth 8 -Compress)) }
                        $response.OutputStream.Write($bytes, 0, $bytes.Length)
                    }
                    $response.Close()
                }
                catch { $response.Abort() }
            }
        }).AddArgument($listener).AddArgument($fake.Route).AddArgument($fake.Requests)
    $null = $fake.Shell.BeginInvoke()
    $fake
}

function Stop-FakeAgent {
    param([Parameter(ValueFromPipeline)] $Fake)
    process {
        $Fake.Listener.Stop()
        $Fake.Listener.Close()
        $Fake.Shell.Dispose()
        Remove-Item $Fake.StateDirectory -Recurse -Force
    }
}

# The last request with a body or of a method.
function Get-LastRequest {
    param($Fake, [string] $Method = '*')
    $Fake.Requests.ToArray() | Where-Object Method -Like $Method | Select-Object -Last 1
}

function New-PairBody {
    param([string] $Name = 'sales', [hashtable] $With = @{})
    $body = @{
        id = '11111111-2222-3333-4444-555555555555'; name = $Name; service = 'Flashcopy'; role = 'Source'; state = 'Idle'; linkState = 'Connected'
        source = '/a'; firstIntermediate = '/b'; secondIntermediate = '/c'; target = '/d'; sourceAgent = 'site1'; targetAgent = 'site2'
        sizeBytes = 1073741824; sectorSizeBytes = 512; grainSizeBytes = 65536; grainCount = 16384; changedGrains = 3; retainPoints = 1
        createdAt = '2026-01-01T00:00:00Z'; committedPoint = 7; committedPointTime = '2026-01-02T03:04:05.5000000Z'; dataLossMs = 90500
    }
    foreach ($key in $With.Keys) { $body[$key] = $With[$key] }
    $body
}

function New-GroupBody {
    param([string] $Name = 'shop', [string[]] $Pair = @('db', 'log'), [hashtable] $With = @{})
    $body = @{
        id = '99999999-2222-3333-4444-555555555555'; name = $Name; pairs = $Pair; sourceAgent = 'site1'; targetAgent = 'site2'
        createdAt = '2026-01-01T00:00:00Z'; state = 'Complete'
    }
    foreach ($key in $With.Keys) { $body[$key] = $With[$key] }
    $body
}

function New-CycleBody {
    param([long] $Number = 8, [string] $State = 'Copying', [hashtable] $With = @{})
    $body = @{
        pair = 'sales'; pairId = '11111111-2222-3333-4444-555555555555'; number = $Number; state = $State; reason = 'Manual'; pointTime = '2026-01-02T03:04:05Z'
        grainsTotal = 100; grainsDone = 50; bytesTotal = 6553600; bytesDone = 3276800; bytesOnLink = 3000000; bytesPerSecond = 1000000; timeLeftMs = 3000
    }
    if ($State -in 'Committed', 'GivenUp', 'Superseded') { $body.endedAt = '2026-01-02T03:04:09Z'; $body.grainsDone = 100 }
    foreach ($key in $With.Keys) { $body[$key] = $With[$key] }
    $body
}

function New-ErrorBody {
    param([string] $ErrorId, [string] $Category = 'InvalidOperation', [int] $Status = 409, [string] $Action = 'Run Get-MirrorPair.')
    @{ Status = $Status; Body = @{ errorId = $ErrorId; message = "It is $ErrorId."; recommendedAction = $Action; category = $Category; target = 'sales' } }
}

# Runs a script with the module in a runspace of its own, so that its progress is kept and it can be stopped as by Ctrl+C. It is one statement: with
# AddStatement PowerShell's worker reads the runspace once more after Stop(), and ends the whole process where that is closed by then.
function Start-InRunspace {
    param([scriptblock] $Script, [object[]] $Argument = @())
    $shell = [powershell]::Create()
    $null = $shell.AddScript('param($module, $script, $arguments) Import-Module $module; & ([scriptblock]::Create($script)) @arguments')
    $null = $shell.AddArgument((Get-StagedModulePath)).AddArgument($Script.ToString()).AddArgument($Argument)
    [pscustomobject]@{ Shell = $shell; Handle = $shell.BeginInvoke() }
}

# Stops what Start-InRunspace started as Ctrl+C does, and writes the state it ended in; what it wrote until then is in its streams.
function Stop-InRunspace {
    param($Run)
    $Run.Shell.Stop()
    $Run.Shell.InvocationStateInfo.State
    try { $null = $Run.Shell.EndInvoke($Run.Handle) }
    catch [Management.Automation.PipelineStoppedException] { Write-Debug 'It was stopped.' }
    finally { $Run.Shell.Dispose() }
}

function Wait-Until {
    param([scriptblock] $Condition, [int] $Seconds = 20)
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($watch.Elapsed.TotalSeconds -gt $Seconds) { throw "Not within $Seconds s: $Condition" }
        Start-Sleep -Milliseconds 25
    }
}

# What a session of its own shows for a command, as text on one line.
function Get-SessionText {
    param([string] $Command)
    $setup = "`$ProgressPreference = 'SilentlyContinue'; `$PSStyle.OutputRendering = 'PlainText'; Import-Module '$(Get-StagedModulePath)'; "
    (pwsh -NoProfile -NonInteractive -Command ($setup + $Command) 2>&1 | Out-String) -replace '\s+', ' '
}

# Two real agents that trust each other, made at the first call of a run.
function Get-TestSites {
    if ($script:Sites) { return $script:Sites }
    $directory = New-TestDirectory
    $env:XDG_STATE_HOME = Join-Path $directory 'state'
    Import-StagedModule

    # Whoever runs the tests, and however the run ends: the agents end with its process.
    $config = Join-Path $directory 'config.json'
    @{ parentPid = $PID } | ConvertTo-Json | Set-Content $config
    $site1 = Start-MirrorAgent (Join-Path $directory '1') -Name site1 -ListenAddress 127.0.0.1:0 -ConfigPath $config
    $site2 = Start-MirrorAgent (Join-Path $directory '2') -Name site2 -ListenAddress 127.0.0.1:0 -ConfigPath $config
    $script:Sites = [pscustomobject]@{ Directory = $directory; Site1 = $site1; Site2 = $site2 }
    $null = $site2 | New-MirrorTrust | New-MirrorTrust -Agent $site1 -Name site2
    $script:Sites
}

function Stop-TestSites {
    if (-not $script:Sites) { return }
    foreach ($site in $script:Sites.Site1, $script:Sites.Site2) {
        try { Stop-MirrorAgent -Agent $site -ErrorAction Stop }
        catch { Stop-Process -Id $site.ProcessId -Force -ErrorAction SilentlyContinue }
    }
    Remove-Item $script:Sites.Directory -Recurse -Force -ErrorAction SilentlyContinue
    $script:Sites = $null
}

# A pair of its own for one test file, on the two real agents.
function New-TestPair {
    param([string] $Name = ('p' + [guid]::NewGuid().ToString('n').Substring(0, 8)), [long] $Size = 16MB, [hashtable] $With = @{})
    $sites = Get-TestSites
    $root = $sites.Directory
    New-MirrorPair $Name (Join-Path $root "$Name.a") (Join-Path $root "$Name.d") -Size $Size -TargetAgent site2 -Agent $sites.Site1 -ErrorAction Stop @With
}

# The hash of what hosts see; the agent keeps the file itself locked.
function Get-VolumeHash {
    param([string] $Name, [long] $Size, $Agent)
    $path = Join-Path (Get-TestSites).Directory "$Name.read"
    $null = Read-MirrorVolume $Name 0 $Size -OutFile $path -Agent $Agent
    (Get-FileHash $path).Hash
    Remove-Item $path
}

Export-ModuleMember -Function *
