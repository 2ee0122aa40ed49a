<#
.SYNOPSIS
Runs the tests of the staged module and prints how many passed, failed and were skipped.
#>
[CmdletBinding()]
param(
    # Test files or folders; all of this folder where not given.
    [string[]] $Path = $PSScriptRoot,

    # Only tests with these tags, such as F-12.
    [string[]] $Tag = @(),

    # Leaves out tests with these tags, such as RealAgent.
    [string[]] $ExcludeTag = @(),

    [ValidateSet('None', 'Normal', 'Detailed')]
    [string] $Output = 'Normal'
)

$ErrorActionPreference = 'Stop'
$module = if ($env:MIRRORTOOLS_MODULE) { $env:MIRRORTOOLS_MODULE } else { Join-Path $PSScriptRoot '../../out/MirrorTools' }
$files = @(Get-ChildItem $Path -Filter '*.Tests.ps1' -Recurse)
if (-not (Test-Path (Join-Path $module 'MirrorTools.psd1'))) {
    Write-Host "The module is not staged in '$module'; build it first."
    exit 1
}

if (-not (Get-Module Pester -ListAvailable | Where-Object { $_.Version -ge '5.0' })) {
    Write-Host "0 passed, 0 failed, $($files.Count) files skipped: Pester 5 is not installed."
    exit 0
}

Import-Module Pester -MinimumVersion 5.0
Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1') -Force -Global
$configuration = New-PesterConfiguration
$configuration.Run.Path = $files.FullName
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = $Output
if ($Tag) { $configuration.Filter.Tag = $Tag }
if ($ExcludeTag) { $configuration.Filter.ExcludeTag = $ExcludeTag }

try { $result = Invoke-Pester -Configuration $configuration }
finally { Stop-TestSites }

foreach ($test in $result.Skipped) { Write-Host "skipped: $($test.ExpandedPath): $($test.ErrorRecord | Select-Object -First 1)" }
foreach ($container in $result.FailedContainers) { Write-Host "failed: $container" }
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
Write-Host "$($result.PassedCount) passed, $failed failed, $($result.SkippedCount) skipped"
exit ([int]($failed -gt 0))
