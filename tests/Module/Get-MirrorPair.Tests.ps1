BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'GET /v1/pairs'       = @{ items = @((New-PairBody sales), (New-PairBody sales2), (New-PairBody db @{ service = 'AsyncCopy'; role = 'Target' })) }
        'GET /v1/pairs/sales' = New-PairBody sales
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Get-MirrorPair' {
    It 'does not take no name at all for every name' {
        $unset = $null
        { Get-MirrorPair $unset -Agent $fake.StateDirectory } | Should -Throw '*A name is missing*'
        { Get-MirrorPair sales, $null -Agent $fake.StateDirectory } | Should -Throw '*A name is missing*'
        $unset | Get-MirrorPair -Agent $fake.StateDirectory -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem | Should -Not -BeNullOrEmpty
    }

    It 'says what is wrong with a pattern that is none, and goes on' {
        $found = Get-MirrorPair '[sal', sales -Agent $fake.StateDirectory -ErrorAction SilentlyContinue -ErrorVariable problem
        $found.Name | Should -Be 'sales'
        $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        $problem[0].ErrorDetails.RecommendedAction | Should -Match 'bracket'
    }

    It 'shows all pairs without a name' {
        (Get-MirrorPair -Agent $fake.StateDirectory).Name | Should -Be 'sales', 'sales2', 'db'
    }

    It 'takes wildcards' {
        (Get-MirrorPair 'SALES*' -Agent $fake.StateDirectory).Name | Should -Be 'sales', 'sales2'
        Get-MirrorPair 'nothing*' -Agent $fake.StateDirectory | Should -BeNullOrEmpty
    }

    It 'filters by service' {
        (Get-MirrorPair -Service AsyncCopy -Agent $fake.StateDirectory).Name | Should -Be 'db'
    }

    It 'takes names, objects and property names from the pipeline' {
        ('sales' | Get-MirrorPair -Agent $fake.StateDirectory).Name | Should -Be 'sales'
        (Get-MirrorPair sales -Agent $fake.StateDirectory | Get-MirrorPair).Name | Should -Be 'sales'
        ([pscustomobject]@{ Pair = 'sales'; Agent = $fake.StateDirectory } | Get-MirrorPair).Name | Should -Be 'sales'
    }

    It 'has times, durations and sizes as types' {
        $pair = Get-MirrorPair sales -Agent $fake.StateDirectory
        $pair.CommittedPointTime | Should -BeOfType [DateTimeOffset]
        $pair.CommittedPointTime.UtcDateTime | Should -Be ([datetime]'2026-01-02T03:04:05.5')
        $pair.DataLoss | Should -Be ([timespan]::FromSeconds(90.5))
        $pair.Size | Should -Be 1GB
        $pair.Size | Should -BeOfType [long]
        $pair.ChangedBytes | Should -Be 192KB
    }

    It 'has the increment, its timers and the next try as types, and a table of them' -Tag 'A-2', 'A-3', 'A-8', 'A-13' {
        $fake.Route['GET /v1/pairs/mail'] = New-PairBody mail @{
            service = 'AsyncCopy'; incrementState = 'ConsistencyGroupInProgress'; runTimerMs = 2000; maximumIncrementMs = 3600000
            incrementStartedAt = '2026-01-02T03:04:05Z'; incrementLeftMs = 90000; lastHoldMs = 1.25; givenUpPoints = 3; nextTryAt = '2026-01-02T03:05:05Z'
        }
        $pair = Get-MirrorPair mail -Agent $fake.StateDirectory
        $pair.IncrementState | Should -Be 'ConsistencyGroupInProgress'
        $pair.RunTimer, $pair.MaximumIncrement, $pair.IncrementLeft | Should -Be ([timespan]::FromSeconds(2)), ([timespan]::FromHours(1)), ([timespan]::FromSeconds(90))
        $pair.LastHoldTime | Should -Be ([timespan]::FromTicks(12500))
        $pair.IncrementStartedAt, $pair.NextTryAt | Should -BeOfType [DateTimeOffset]
        $pair.GivenUpPoints | Should -Be 3
        $pair.RunTimerStartedAt | Should -BeNullOrEmpty
        $pair.RunTimerLeft | Should -BeNullOrEmpty
        $text = $pair | Format-Table -View Timers | Out-String -Width 200
        $text | Should -Match 'ConsistencyGroupInProgress +2 s +1 h 0 min +1 min 30 s +1 ms +2026-01-02'
        (Get-MirrorPair sales -Agent $fake.StateDirectory).GivenUpPoints | Should -Be 0
    }

    It 'shows a table with sizes in GB' {
        $text = Get-MirrorPair sales -Agent $fake.StateDirectory | Out-String -Width 200
        $text | Should -Match '1 GB'
        $text | Should -Match '1 min 30 s'
    }

    It 'says PairNotFound for a pair that is not there, and goes on with the next' {
        $found = Get-MirrorPair nope, sales -Agent $fake.StateDirectory -ErrorVariable problems -ErrorAction SilentlyContinue
        $found.Name | Should -Be 'sales'
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'PairNotFound,*'
        $problems[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $problems[0].TargetObject | Should -Be 'nope'
        $problems[0].ErrorDetails.RecommendedAction | Should -Be 'Run Get-MirrorPair.'
    }

    It 'says MirrorAgentNotRunning and recommends Start-MirrorAgent where no agent is' {
        $problem = { Get-MirrorPair -Agent /nowhere/at/all } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'MirrorAgentNotRunning,*'
        $problem.CategoryInfo.Category | Should -Be 'ConnectionError'
        $problem.ErrorDetails.RecommendedAction | Should -Match 'Start-MirrorAgent'
    }

    It 'says MirrorAgentNotRunning where a killed agent left its record' {
        $directory = New-TestDirectory
        '{"agentId":"x","name":"gone","apiAddress":"http://127.0.0.1:1","processId":1}' | Set-Content "$directory/agent.json"
        'secret' | Set-Content "$directory/token"
        { Get-MirrorPair -Agent $directory } | Should -Throw -ErrorId 'MirrorAgentNotRunning,*'
        Remove-Item $directory -Recurse
    }

    It 'refuses an -Agent that is null, as an unset variable is, rather than ask another agent' {
        { Get-MirrorPair -Agent $null } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'sends the token' {
        $null = Get-MirrorPair sales -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Token | Should -Be 'Bearer secret'
    }

    It 'says MirrorAgentProtocolError where the answer is not one of an agent' {
        $fake.Route['GET /v1/pairs/odd'] = '<html>'
        { Get-MirrorPair odd -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'MirrorAgentProtocolError,*'
    }

    It 'ignores members that it does not know' {
        $fake.Route['GET /v1/pairs/newer'] = New-PairBody newer @{ somethingNew = @{ a = 1 }; tags = @('x') }
        (Get-MirrorPair newer -Agent $fake.StateDirectory).Name | Should -Be 'newer'
    }

    It 'takes a name with any letters as one path segment' {
        { Get-MirrorPair '..' -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        { Get-MirrorPair 'a/b c' -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'PairNotFound,*'
        (Get-LastRequest $fake).Path | Should -Be '/v1/pairs/a%2Fb%20c'
    }

    It 'completes names of pairs' {
        $line = "Get-MirrorPair -Agent $($fake.StateDirectory) -Name sa"
        ([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)).CompletionMatches.CompletionText | Should -Be 'sales', 'sales2'
    }

    It 'completes nothing, and fails nothing, where no agent is' {
        $line = 'Get-MirrorPair -Agent /nowhere -Name sa'
        { [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null) } | Should -Not -Throw
    }
}
