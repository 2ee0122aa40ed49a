BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    function New-Event($id, $level = 'Information', $name = 'CycleCommitted', $pair = 'sales') {
        @{ id = $id; time = '2026-01-02T03:04:05Z'; level = $level; name = $name; agent = 'fake'; pair = $pair; arguments = @{ number = '7' }; message = "Event $id." }
    }
    $fake = New-FakeAgent @{ 'GET /v1/events' = @{ items = @((New-Event 5), (New-Event 6 Error PairSuspended db), (New-Event 7)); oldestId = 1; newestId = 7 } }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Get-MirrorEvent' {
    It 'shows the newest events, oldest of them first' {
        $events = Get-MirrorEvent -Newest 3 -Agent $fake.StateDirectory
        $events.EventId | Should -Be 5, 6, 7
        $events[0].Arguments['number'] | Should -Be '7'
        $events[0].Time | Should -BeOfType [DateTimeOffset]
        (Get-LastRequest $fake).Query | Should -Be '?take=3'
    }

    It 'shows the whole message in a window of 80 columns' {
        $message = 'Pair sales was suspended (TargetFailed): the disk of the target answers no more. Hosts go on; run Resume-MirrorPair when it is mended.'
        $long = New-FakeAgent @{ 'GET /v1/events' = @{ items = @(, @{ id = 123456; time = '2026-01-02T03:04:05Z'; level = 'Information'; name = 'PairSuspendedByFault'; agent = 'fake'; pair = 'sales'; arguments = @{}; message = $message }); oldestId = 1; newestId = 123456 } }
        try { $text = Get-MirrorEvent -Agent $long.StateDirectory | Out-String -Width 80 }
        finally { Stop-FakeAgent $long }
        ($text -split '\r?\n' | ForEach-Object Length | Measure-Object -Maximum).Maximum | Should -BeLessOrEqual 80
        $text | Should -Match '123456'
        ($text -replace '\s', '') | Should -Match ([regex]::Escape(($message -replace '\s', '')))
    }

    It 'filters by pair, level and name' {
        (Get-MirrorEvent sales -Agent $fake.StateDirectory).EventId | Should -Be 5, 7
        (Get-MirrorEvent -Level Warning -Agent $fake.StateDirectory).EventId | Should -Be 6
        (Get-MirrorEvent -EventName 'Pair*' -Agent $fake.StateDirectory).EventId | Should -Be 6
    }

    It 'follows until Ctrl+C' {
        $live = New-FakeAgent @{ 'GET /v1/events' = @{ items = @(, (New-Event 5)); oldestId = 1; newestId = 5 } }
        $run = Start-InRunspace { param($state, $out) Get-MirrorEvent -Agent $state; Get-MirrorEvent -Follow -Newest 0 -Agent $state } $live.StateDirectory
        Wait-Until { @($live.Requests.ToArray() | Where-Object Query -Match 'follow').Count -ge 1 -or $live.Requests.Count -ge 2 }
        try {
            # A stream that ends is asked for again; one that stays open is waited on.
            $live.Route['GET /v1/events'] = @{ Stream = @((New-Event 6), (New-Event 7)) }
            Wait-Until { @($live.Requests.ToArray() | Where-Object Query -Match 'follow=true&after=').Count -ge 2 }
            $live.Route['GET /v1/events'] = @{ Stream = @(, (New-Event 8)); Hold = $true }
            Wait-Until { @($live.Requests.ToArray() | Where-Object Query -Match 'follow=true&after=').Count -ge 3 }
        }
        finally {
            $state = Stop-InRunspace $run
            Stop-FakeAgent $live
        }
        $state | Should -Be 'Stopped'
    }

    It 'shows what an agent did when it started' {
        $directory = New-TestDirectory
        $env:XDG_STATE_HOME = Join-Path $directory 'state'
        $agent = Start-MirrorAgent (Join-Path $directory '1') -Name events
        try { (Get-MirrorEvent -EventName AgentStarted -Agent $agent).Message | Should -Match 'events' }
        finally {
            Stop-MirrorAgent -Agent $agent
            Remove-Item $directory -Recurse -Force
        }
    }
}
