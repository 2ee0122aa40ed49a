BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $shop = New-GroupBody shop db, log @{ schedule = @{ kind = 'Every'; everyMs = 300000; pair = 'db' }; state = 'Incomplete'; stateReason = "The pair 'log' is not open." }
    $notFound = @{ Status = 404; Body = @{ errorId = 'GroupNotFound'; message = 'There is none.'; recommendedAction = 'Run Get-MirrorGroup.'; category = 'ObjectNotFound' } }

    # A pair named as the group, and not of it: neither may be taken for the other.
    $fake = New-FakeAgent @{
        'GET /v1/groups'      = @{ items = @($shop, (New-GroupBody web @('www'))) }
        'GET /v1/groups/shop' = $shop
        'GET /v1/groups/db'   = $notFound
        'GET /v1/groups/nope' = $notFound
        'GET /v1/pairs'       = @{ items = @((New-PairBody db @{ group = 'shop' }), (New-PairBody log @{ group = 'shop' }), (New-PairBody shop), (New-PairBody www @{ group = 'web' })) }
        'GET /v1/pairs/db'    = New-PairBody db @{ group = 'shop' }
        'GET /v1/pairs/log'   = New-PairBody log @{ group = 'shop' }
        'GET /v1/pairs/shop'  = New-PairBody shop
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Get-MirrorGroup' {
    It 'shows all, by name and by wildcard' {
        (Get-MirrorGroup -Agent $fake.StateDirectory).Name | Should -Be 'shop', 'web'
        (Get-MirrorGroup 'SH*' -Agent $fake.StateDirectory).Name | Should -Be 'shop'
        Get-MirrorGroup 'nothing*' -Agent $fake.StateDirectory | Should -BeNullOrEmpty
        ('shop' | Get-MirrorGroup -Agent $fake.StateDirectory).Name | Should -Be 'shop'
    }

    It 'has the run timer and the next try of the pair that leads' -Tag 'A-2', 'A-8' {
        $fake.Route['GET /v1/groups/mail'] = New-GroupBody mail db, two/log @{ runTimerMs = 2500; incrementState = 'Normal'; givenUpPoints = 2; nextTryAt = '2026-01-02T03:05:05Z' }
        $group = Get-MirrorGroup mail -Agent $fake.StateDirectory
        $group.RunTimer | Should -Be ([timespan]::FromSeconds(2.5))
        $group.IncrementState, $group.GivenUpPoints | Should -Be 'Normal', 2
        $group.NextTryAt | Should -BeOfType [DateTimeOffset]
    }

    It 'has pairs, lead, schedule and times as types' {
        $group = Get-MirrorGroup shop -Agent $fake.StateDirectory
        $group.Pairs | Should -Be 'db', 'log'
        $group.Lead | Should -Be 'db'
        $group.State | Should -Be 'Incomplete'
        $group.StateReason | Should -Match 'log'
        "$($group.Schedule)" | Should -Match '^Every 5'
        $group.CreatedAt | Should -BeOfType [DateTimeOffset]
        $group.SourceAgent, $group.TargetAgent | Should -Be 'site1', 'site2'
        $group.Agent.StateDirectory | Should -Be $fake.StateDirectory
    }

    It 'says GroupNotFound for one that is not there, and goes on with the next' {
        $found = Get-MirrorGroup nope, shop -Agent $fake.StateDirectory -ErrorAction SilentlyContinue -ErrorVariable problem
        $found.Name | Should -Be 'shop'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'GroupNotFound,*'
        $problem[0].ErrorDetails.RecommendedAction | Should -Be 'Run Get-MirrorGroup.'
    }

    It 'does not take no name at all for every name' {
        $unset = $null
        { Get-MirrorGroup $unset -Agent $fake.StateDirectory } | Should -Throw '*A name is missing*'
    }

    It 'shows a table with the pairs' {
        Get-MirrorGroup shop -Agent $fake.StateDirectory | Out-String -Width 200 | Should -Match 'shop +Incomplete +db, log +Every 5.*site1 +site2'
    }

    It 'gives its pairs to Get-MirrorPair, from the pipeline and as an argument' {
        (Get-MirrorGroup shop -Agent $fake.StateDirectory | Get-MirrorPair).Name | Should -Be 'db', 'log'
        (Get-MirrorPair (Get-MirrorGroup shop -Agent $fake.StateDirectory), shop -Agent $fake.StateDirectory).Name | Should -Be 'db', 'log', 'shop'
    }

    It 'takes a pair for its group, and leaves out one that is in none' {
        (Get-MirrorPair db -Agent $fake.StateDirectory | Get-MirrorGroup).Name | Should -Be 'shop'
        Get-MirrorPair shop -Agent $fake.StateDirectory | Get-MirrorGroup -ErrorAction Stop | Should -BeNullOrEmpty
        (Get-MirrorGroup (Get-MirrorPair db, shop -Agent $fake.StateDirectory) -Agent $fake.StateDirectory).Name | Should -Be 'shop'
    }

    It 'completes names of groups' {
        foreach ($line in "Get-MirrorGroup -Agent $($fake.StateDirectory) -Name s", "Get-MirrorPair -Agent $($fake.StateDirectory) -Group s", "New-MirrorPair x y z -Agent $($fake.StateDirectory) -Group s") {
            ([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)).CompletionMatches.CompletionText | Should -Be 'shop'
        }
    }
}

Describe 'Get-MirrorPair -Group' {
    It 'shows the pairs of groups, by name and by wildcard' {
        (Get-MirrorPair -Group shop -Agent $fake.StateDirectory).Name | Should -Be 'db', 'log'
        (Get-MirrorPair -Group '*' -Agent $fake.StateDirectory).Name | Should -Be 'db', 'log', 'www'
        (Get-MirrorPair 'd*' -Group shop -Agent $fake.StateDirectory).Name | Should -Be 'db'
        (Get-MirrorPair -Group shop -Agent $fake.StateDirectory).Group | Should -Be 'shop', 'shop'
    }

    It 'says GroupNotFound for a group that is not there' {
        { Get-MirrorPair -Group nope -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound,*'
        Get-MirrorPair -Group 'nope*' -Agent $fake.StateDirectory -ErrorAction Stop | Should -BeNullOrEmpty
    }
}
